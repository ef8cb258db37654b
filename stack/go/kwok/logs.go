package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

const followEvery = 200 * time.Millisecond

// serveLog answers `kubectl logs`: tailLines, previous and follow; the lines carry no times of their own.
func (pods podDirectory) serveLog(writer http.ResponseWriter, request *http.Request) {
	target, err := pods.readContainer(podOf(request), request.PathValue("container"))
	if err != nil {
		http.Error(writer, err.Error(), http.StatusNotFound)
		return
	}
	query := request.URL.Query()
	path := target.Log
	if query.Get("previous") == "true" {
		path = target.PreviousLog
	}
	file, err := os.Open(path)
	if err != nil {
		http.Error(writer, err.Error(), http.StatusNotFound)
		return
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		http.Error(writer, err.Error(), http.StatusInternalServerError)
		return
	}
	if lines, err := strconv.Atoi(query.Get("tailLines")); err == nil {
		text = lastLines(text, lines)
	}
	writer.Header().Set("Content-Type", "text/plain; charset=utf-8")
	// A client that has gone is seen by its context, also here.
	_, _ = writer.Write(text)
	for query.Get("follow") == "true" && request.Context().Err() == nil {
		_ = http.NewResponseController(writer).Flush()
		time.Sleep(followEvery)
		if _, err := io.Copy(writer, file); err != nil {
			return
		}
	}
}

func lastLines(text []byte, count int) []byte {
	if count <= 0 {
		return nil
	}
	end := len(text)
	if end > 0 && text[end-1] == '\n' {
		end--
	}
	for ; count > 0; count-- {
		start := bytes.LastIndexByte(text[:end], '\n')
		if start < 0 {
			return text
		}
		end = start
	}
	return text[end+1:]
}
