package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/creack/pty"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// ExecInContainer runs the command beside the container's process: with its environment, in its directory.
func (pods podDirectory) ExecInContainer(ctx context.Context, name, _, containerName string, words []string, in io.Reader, out, errOut io.WriteCloser, tty bool, sizes <-chan remotecommand.TerminalSize, _ time.Duration) error {
	target, err := pods.readContainer(name, containerName)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, findCommand(words[0], target), words[1:]...)
	command.Args[0] = words[0]
	command.Env = target.Environment
	command.Dir = target.Directory
	// A child of the command may keep the streams open after its end.
	command.WaitDelay = 2 * time.Second
	if tty {
		err = runInTerminal(command, in, out, sizes)
	} else {
		err = runWithPipes(command, in, out, errOut)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return utilexec.CodeExitError{Err: err, Code: exit.ExitCode()}
	}
	return err
}

// The caller's standard input may stay open for ever, so the command's end does not wait for its end.
func runWithPipes(command *exec.Cmd, in io.Reader, out, errOut io.Writer) error {
	command.Stdout, command.Stderr = out, errOut
	if in != nil {
		input, err := command.StdinPipe()
		if err != nil {
			return err
		}
		go func() {
			_, _ = io.Copy(input, in)
			_ = input.Close()
		}()
	}
	return command.Run()
}

func runInTerminal(command *exec.Cmd, in io.Reader, out io.Writer, sizes <-chan remotecommand.TerminalSize) error {
	terminal, err := pty.Start(command)
	if err != nil {
		return err
	}
	defer terminal.Close()
	go func() {
		for size := range sizes {
			_ = pty.Setsize(terminal, &pty.Winsize{Cols: size.Width, Rows: size.Height})
		}
	}()
	if in != nil {
		go func() { _, _ = io.Copy(terminal, in) }()
	}
	// Reading a terminal whose last process has ended fails, which is its way to say so.
	_, _ = io.Copy(out, terminal)
	return command.Wait()
}

// findCommand looks where the container would: Go's own search uses this server's PATH.
func findCommand(word string, target container) string {
	path := environmentValue(target.Environment, "PATH")
	if strings.HasPrefix(word, "/bin/") {
		// A program of the image, unless the machine has to do: /bin/storefront, /bin/alembic.
		word = filepath.Base(word)
	}
	if strings.Contains(word, "/") {
		return word
	}
	for _, directory := range filepath.SplitList(path) {
		candidate := filepath.Join(directory, word)
		if found, err := os.Stat(candidate); err == nil && found.Mode().IsRegular() && found.Mode()&0o111 != 0 {
			return candidate
		}
	}
	return word
}

func environmentValue(environment []string, name string) string {
	for _, pair := range environment {
		if value, has := strings.CutPrefix(pair, name+"="); has {
			return value
		}
	}
	return ""
}
