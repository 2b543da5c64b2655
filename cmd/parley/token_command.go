package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"parley/agents"
	"parley/internal/auth"
)

func (p *program) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Manage API tokens of programs"}
	cmd.AddCommand(p.tokenCreateCommand(), p.tokenListCommand(), p.tokenRevokeCommand())
	return cmd
}

func (p *program) tokenCreateCommand() *cobra.Command {
	var n agents.NewToken
	var role string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "create",
		Short:   "Create a token and print it, once",
		Example: "  parley token create --label 'order sync' --role agent",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n.Role = auth.Role(role)
			return p.withServices(cmd.Context(), func(ctx context.Context, m *services) error {
				token, info, err := m.agents.CreateToken(ctx, "", n)
				if err != nil {
					return err
				}
				if asJSON {
					return p.json(map[string]any{"token": token, "info": info})
				}
				_, err = p.printf("%s\n", token)
				return err
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&n.Label, "label", "", "what the token is for")
	f.StringVar(&role, "role", "agent", "agent, supervisor or admin")
	f.StringSliceVar(&n.Inboxes, "inbox", nil, "id of an inbox it may see; may be repeated (default: every inbox)")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	requireFlags(cmd, "label")
	return cmd
}

func (p *program) tokenListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List tokens; the tokens themselves are not kept",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withServices(cmd.Context(), func(ctx context.Context, m *services) error {
				list, err := m.agents.ListTokens(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return p.json(list)
				}
				w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
				for _, t := range list {
					_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", t.ID, t.Role, t.Label) // Flush reports the error
				}
				return w.Flush()
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (p *program) tokenRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "revoke ID",
		Short:   "Revoke a token; its sockets close within a second",
		Example: "  parley token revoke agra5gkm2eommcijejfu6kdx7m",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withServices(cmd.Context(), func(ctx context.Context, m *services) error { return m.agents.RevokeToken(ctx, args[0]) })
		},
	}
}
