// Command kwok is kwok itself and, as `kwok serve-pods …`, the kubelet's server of the simulated node: exec, port-forward and logs.
// `kwok print-stages` prints kwok's own stages.
//
// kwok has such a server too, but without any authentication: whoever reaches its port runs commands as the user of the stack.
// This one answers nobody but the API server.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/pflag"
	nodes "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	heartbeat "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	pods "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/signals"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "kwok:", err)
		os.Exit(1)
	}
}

func run(words []string) error {
	switch {
	case len(words) > 0 && words[0] == "serve-pods":
		return servePods(words[1:])
	case len(words) > 0 && words[0] == "print-stages":
		_, err := fmt.Println(strings.Join(stages, "---\n"))
		return err
	case os.Getenv(supervised) == "":
		return keepSimulating()
	default:
		return simulateNodes()
	}
}

// stages is what kwok does to nodes and pods unless it is told otherwise; the stack takes its own pods out of it.
var stages = []string{
	nodes.DefaultNodeInit, heartbeat.DefaultNodeHeartbeatWithLease,
	pods.DefaultPodReady, pods.DefaultPodComplete, pods.DefaultPodDelete,
}

// supervised is set for the kwok that keepSimulating starts.
const supervised = "KWOK_SUPERVISED"

// Go ends a program with this code when it finds two goroutines writing the same map.
const fatalError = 2

// keepSimulating starts kwok again where it dies at its start by a race of its own ("concurrent map writes").
func keepSimulating() error {
	itself, err := os.Executable()
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		began := time.Now()
		child := exec.Command(itself, os.Args[1:]...)
		child.Env = append(os.Environ(), supervised+"=yes")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		err := child.Run()
		if child.ProcessState == nil || child.ProcessState.ExitCode() != fatalError || time.Since(began) > 30*time.Second || attempt == 5 {
			return err
		}
		fmt.Fprintf(os.Stderr, "kwok: died at its start (%v), attempt %d of 5\n", err, attempt)
	}
}

// simulateNodes is what kwok's own main does.
func simulateNodes() error {
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	ctx, _ := log.InitFlags(signals.SetupSignalContext(), flags)
	ctx, err := config.InitFlags(ctx, flags)
	if err != nil {
		return err
	}
	command := cmd.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(flags)
	return command.ExecuteContext(ctx)
}
