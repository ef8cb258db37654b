package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// podDirectory holds one file for each pod, written by the runner of pods.
type podDirectory string

// pod is such a record.
type pod struct {
	// Ports leads from a port of the pod to the port of this machine where its process listens.
	Ports      map[string]int       `json:"ports"`
	Containers map[string]container `json:"containers"`
}

type container struct {
	Environment []string `json:"environment"`
	Directory   string   `json:"directory"`
	Log         string   `json:"log"`
	PreviousLog string   `json:"previousLog"`
}

func (pods podDirectory) read(name string) (pod, error) {
	var found pod
	text, err := os.ReadFile(filepath.Join(string(pods), name+".json"))
	if errors.Is(err, os.ErrNotExist) {
		return found, fmt.Errorf("pod %s: no process of it runs here; only pods of the storefront's images have one", name)
	}
	if err != nil {
		return found, err
	}
	return found, json.Unmarshal(text, &found)
}

func (pods podDirectory) readContainer(name, containerName string) (container, error) {
	record, err := pods.read(name)
	if err != nil {
		return container{}, err
	}
	found, has := record.Containers[containerName]
	if !has {
		return found, fmt.Errorf("pod %s: no process of container %s runs here", name, containerName)
	}
	return found, nil
}

// PortForward connects a stream with the process' port.
func (pods podDirectory) PortForward(ctx context.Context, name, _ string, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	record, err := pods.read(name)
	if err != nil {
		return err
	}
	local, has := record.Ports[strconv.Itoa(int(port))]
	if !has {
		return fmt.Errorf("pod %s: wanted port %d, found only %v", name, port, record.Ports)
	}
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(local)))
	if err != nil {
		return err
	}
	defer connection.Close()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		// What ends the copy, the other direction sees as well.
		_, _ = io.Copy(connection, stream)
		_ = connection.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(stream, connection)
	_ = stream.Close()
	<-sent
	return err
}
