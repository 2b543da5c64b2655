package main

import (
	"bytes"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"parley/docs/help"
)

// TestCommandsOfTheHelpCentreExist: each command and flag that an article shows
// is one of the program.
func TestCommandsOfTheHelpCentreExist(t *testing.T) {
	t.Parallel()
	command := regexp.MustCompile("(?m)(?:^|\\s|bin/)parley ((?:[a-z]+[ \n`]|--[a-z-]+)[^|&#\n`]*)")
	root := newRoot(strings.NewReader(""), new(bytes.Buffer), new(bytes.Buffer))
	shown := 0
	require.NoError(t, fs.WalkDir(help.Articles(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(help.Articles(), name)
		if err != nil {
			return err
		}
		for _, text := range codeOf(strings.ReplaceAll(string(body), "\\\n", " ")) {
			for _, m := range command.FindAllStringSubmatch(text+"\n", -1) {
				checkCommand(t, root, name, strings.Fields(strings.TrimPrefix(m[1], "parley ")))
				shown++
			}
		}
		return nil
	}))
	require.Greater(t, shown, 50)
}

// codeOf returns the blocks and spans of code of a Markdown text.
func codeOf(markdown string) []string {
	var out []string
	for i, part := range strings.Split(markdown, "```") {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		for j, span := range strings.Split(part, "`") {
			if j%2 == 1 {
				out = append(out, span)
			}
		}
	}
	return out
}

func checkCommand(t *testing.T, root *cobra.Command, article string, words []string) {
	t.Helper()
	cmd := root
	for len(words) > 0 && !strings.HasPrefix(words[0], "-") && cmd.HasSubCommands() {
		next, _, err := cmd.Find(words[:1])
		require.NoError(t, err, "%s: parley %s", article, strings.Join(words, " "))
		require.NotEqual(t, cmd, next, "%s: parley %s", article, strings.Join(words, " "))
		cmd, words = next, words[1:]
	}
	for _, word := range words {
		if flag, ok := strings.CutPrefix(word, "--"); ok {
			flag, _, _ = strings.Cut(flag, "=")
			require.NotNil(t, anyFlag(cmd, flag), "%s: %s has no --%s", article, cmd.CommandPath(), flag)
		}
	}
}

func anyFlag(cmd *cobra.Command, name string) any {
	if f := cmd.Flags().Lookup(name); f != nil {
		return f
	}
	if f := cmd.InheritedFlags().Lookup(name); f != nil {
		return f
	}
	return nil
}
