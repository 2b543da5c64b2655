package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"parley/agents"
	"parley/internal/auth"
)

func (p *program) userCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Manage staff accounts"}
	cmd.AddCommand(p.userAddCommand())
	return cmd
}

func (p *program) userAddCommand() *cobra.Command {
	var u agents.AddUser
	var role string
	var skills []string
	var passwordStdin, asJSON bool
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Add an account",
		Long: "Adds an account. With --password-stdin the password is read from standard input, so that it appears in no list of processes;\n" +
			"without it, a link is printed that signs the person in once.",
		Example: "  echo 'a long passphrase' | parley user add --email ada@example.com --name 'Ada Novak' --role admin --password-stdin\n" +
			"  parley user add --email ben@example.com --name Ben --role agent --skill billing=4 --capacity 6",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			u.Role = auth.Role(role)
			var err error
			if u.Skills, err = parseSkills(skills); err != nil {
				return usageError{err}
			}
			if passwordStdin {
				if u.Password, err = readLine(p.in); err != nil {
					return err
				}
			}
			return p.withServices(cmd.Context(), func(ctx context.Context, m *services) error { return p.addUser(ctx, m, u, asJSON) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&u.Email, "email", "", "e-mail address, for signing in")
	f.StringVar(&u.Name, "name", "", "name that visitors see")
	f.StringVar(&role, "role", "agent", "agent, supervisor or admin")
	f.StringSliceVar(&skills, "skill", nil, "skill=level, level 1 to 5; may be repeated")
	f.IntVar(&u.Capacity, "capacity", 0, "conversations at once (default 4)")
	f.BoolVar(&passwordStdin, "password-stdin", false, "read the password from standard input")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	requireFlags(cmd, "email", "name")
	return cmd
}

func (p *program) addUser(ctx context.Context, m *services, u agents.AddUser, asJSON bool) error {
	profile, err := m.agents.AddUser(ctx, u)
	if err != nil {
		return err
	}
	link := ""
	if u.Password == "" {
		if link, err = m.agents.SignInLink(ctx, profile.ID); err != nil {
			return err
		}
	}
	if asJSON {
		return p.json(map[string]any{"agent": profile, "link": link})
	}
	if _, err := p.printf("Added %s <%s> as %s.\n", profile.Name, profile.Email, profile.Role); err != nil {
		return err
	}
	if link != "" {
		_, err = p.printf("Sign in once, within 24 hours: %s\n", link)
	}
	return err
}

func parseSkills(list []string) (map[string]int, error) {
	out := make(map[string]int, len(list))
	for _, s := range list {
		name, level, ok := strings.Cut(s, "=")
		n, err := strconv.Atoi(level)
		if !ok || err != nil || n < 1 || n > 5 || name == "" {
			return nil, fmt.Errorf("--skill is name=level with a level from 1 to 5, not %q", s)
		}
		out[name] = n
	}
	return out, nil
}

const maxLine = 4096

func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, maxLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", usageError{errors.New("standard input holds no password")}
	}
	return line, nil
}

// requireFlags makes a missing flag a usage error that names it.
func requireFlags(cmd *cobra.Command, names ...string) {
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		for _, name := range names {
			if !cmd.Flags().Changed(name) {
				return usageError{fmt.Errorf("--%s is missing; see parley %s --help", name, strings.TrimPrefix(cmd.CommandPath(), "parley "))}
			}
		}
		return nil
	}
}

func (p *program) printf(format string, args ...any) (int, error) {
	return fmt.Fprintf(p.out, format, args...)
}
