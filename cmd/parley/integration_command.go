package main

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"parley/internal/bus"
)

func (p *program) integrationCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "integration", Short: "Let other systems connect over NATS, each with its own rights"}
	cmd.AddCommand(p.integrationAddCommand(), p.integrationListCommand(), p.integrationRemoveCommand())
	return cmd
}

func (p *program) natsDir() string { return filepath.Join(p.cfg.Data, "nats") }

func (p *program) integrationAddCommand() *cobra.Command {
	var in bus.Integration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add an integration and print its credentials, once",
		Example: "  parley integration add crm --can read,attributes\n" +
			"  parley integration add shop --inbox agra5gkm2eommcijejfu6kdx7m --can read,send,handoff\n" +
			"  parley integration add orders --tool order.status",
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if p.cfg.NATSURL != "" {
				return usageError{errors.New("with an external NATS its own accounts hold the users; docs/integrating.md has the rights to give them")}
			}
			in.Name = args[0]
			if len(in.Tools) > 0 && !cmd.Flags().Changed("can") {
				in.Can = nil // a program that serves tools needs no other right
			}
			c, err := bus.AddIntegration(cmd.Context(), p.natsDir(), in)
			if err != nil {
				return err
			}
			if asJSON {
				return p.json(c)
			}
			_, err = p.printf("url           %s\nuser          %s\npassword      %s\ninbox prefix  %s\ndomain        %s\nconsumer      %s\nactive        %s\n",
				c.URL, c.User, c.Password, c.InboxPrefix, c.Domain, c.Consumer, map[bool]string{true: "now", false: "at the next start"}[c.Active])
			return err
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&in.Inboxes, "inbox", nil, "id of an inbox it may follow; may be repeated (default: every inbox)")
	f.StringSliceVar(&in.Can, "can", []string{bus.CanRead}, "what it may do: read, send, attributes, handoff")
	f.StringSliceVar(&in.Tools, "tool", nil, "name of a tool that it serves to the bot, and nothing else; may be repeated")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (p *program) integrationListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List integrations and what each may do",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			list, err := bus.Integrations(p.natsDir())
			if err != nil {
				return err
			}
			for _, in := range list {
				inboxes := "every inbox"
				if len(in.Inboxes) > 0 {
					inboxes = strings.Join(in.Inboxes, ",")
				}
				can := strings.Join(in.Can, ",")
				if len(in.Tools) > 0 {
					can, inboxes = "tools", strings.Join(in.Tools, ",")
				}
				if _, err := p.printf("%-20s %-30s %s\n", in.Name, can, inboxes); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (p *program) integrationRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "remove NAME",
		Short:   "Remove an integration and cut its connections",
		Example: "  parley integration remove crm",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, err := bus.RemoveIntegration(cmd.Context(), p.natsDir(), args[0])
			return err
		},
	}
}
