package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// revisions is the history of the sample schema, oldest first.
var revisions = []struct{ id, title string }{
	{"8f0c1d2e3a4b", "create orders"},
	{"c4d5e6f70819", "add order status"},
	{"a1b2c3d4e5f6", "index orders by customer"},
}

const migrateUsage = "usage: storefront alembic current | upgrade head | downgrade -1"

// migrate keeps the revision in the file MIGRATION_STATE and prints what Alembic prints.
func migrate(words []string, env func(string) string, out, talk io.Writer) int {
	path := env("MIGRATION_STATE")
	if path == "" {
		fmt.Fprintln(talk, "storefront alembic: MIGRATION_STATE is not set; wanted the path of the file that keeps the revision")
		return 2
	}
	applied, err := readApplied(path)
	if err != nil {
		fmt.Fprintln(talk, "storefront alembic:", err)
		return 1
	}
	switch strings.Join(words, " ") {
	case "current":
		fmt.Fprint(out, describeCurrent(applied))
		return 0
	case "upgrade head":
		if reason := env("MIGRATION_FAILS"); reason != "" && applied < len(revisions) {
			fmt.Fprintf(talk, "INFO  [alembic.runtime.migration] Running upgrade %s -> %s, %s\nFAILED: %s\n", revisionBefore(applied), revisions[applied].id, revisions[applied].title, reason)
			return 1
		}
		for ; applied < len(revisions) && err == nil; applied++ {
			fmt.Fprintf(talk, "INFO  [alembic.runtime.migration] Running upgrade %s -> %s, %s\n", revisionBefore(applied), revisions[applied].id, revisions[applied].title)
			err = writeApplied(path, revisions[applied].id)
		}
	case "downgrade -1":
		if applied == 0 {
			fmt.Fprintln(talk, "FAILED: Relative revision -1 didn't produce 1 migrations")
			return 1
		}
		fmt.Fprintf(talk, "INFO  [alembic.runtime.migration] Running downgrade %s -> %s, %s\n", revisions[applied-1].id, revisionBefore(applied-1), revisions[applied-1].title)
		err = writeApplied(path, revisionBefore(applied-1))
	default:
		fmt.Fprintln(talk, migrateUsage)
		return 2
	}
	if err != nil {
		fmt.Fprintln(talk, "FAILED:", err)
		return 1
	}
	return 0
}

func describeCurrent(applied int) string {
	switch applied {
	case 0:
		return ""
	case len(revisions):
		return revisions[applied-1].id + " (head)\n"
	default:
		return revisions[applied-1].id + "\n"
	}
}

func revisionBefore(index int) string {
	if index == 0 {
		return ""
	}
	return revisions[index-1].id
}

// readApplied says how many revisions the file shows as applied; no file means none.
func readApplied(path string) (int, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	found := strings.TrimSpace(string(content))
	if found == "" {
		return 0, nil
	}
	for index, revision := range revisions {
		if revision.id == found {
			return index + 1, nil
		}
	}
	return 0, fmt.Errorf("%s: unknown revision %q", path, found)
}

// writeApplied replaces the file in one step: a migration that is killed leaves the old revision or the new one.
func writeApplied(path, revision string) error {
	if err := os.WriteFile(path+".new", []byte(revision+"\n"), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
