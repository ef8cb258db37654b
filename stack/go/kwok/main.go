// Command kwok is kwok itself and, as `kwok serve-pods …`, the kubelet's server of the simulated node: exec, port-forward and logs.
// `kwok print-stages` prints kwok's own stages.
//
// kwok has such a server too, but without any authentication: whoever reaches its port runs commands as the user of the stack.
// This one answers nobody but the API server.
package main

import (
	"fmt"
	"os"
	"strings"

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
	default:
		return simulateNodes()
	}
}

// stages is what kwok does to nodes and pods unless it is told otherwise; the stack takes its own pods out of it.
var stages = []string{
	nodes.DefaultNodeInit, heartbeat.DefaultNodeHeartbeatWithLease,
	pods.DefaultPodReady, pods.DefaultPodComplete, pods.DefaultPodDelete,
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
