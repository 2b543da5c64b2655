package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/event"
)

func (p *program) inboxCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "inbox", Short: "Manage inboxes"}
	cmd.AddCommand(p.inboxAddCommand())
	return cmd
}

func (p *program) inboxAddCommand() *cobra.Command {
	in := chat.NewInbox()
	var bot string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "add",
		Short:   "Add an inbox and print its key",
		Example: "  parley inbox add --name Shop --origin https://shop.example.com --bot on --assign direct",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch bot {
			case "on", "off":
				in.Bot = bot == "on"
			default:
				return usageError{fmt.Errorf("--bot is on or off, not %q", bot)}
			}
			return p.withServices(cmd.Context(), func(ctx context.Context, m *services) error {
				inbox, err := m.chat.CreateInbox(ctx, in)
				if err != nil {
					return err
				}
				if asJSON {
					return p.json(inbox)
				}
				_, err = p.printf("%s\n", inbox.Key)
				return err
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&in.Name, "name", "", "name of the inbox")
	f.StringArrayVar(&in.Origins, "origin", nil, "origin that may embed the widget, such as https://shop.example.com; may be repeated")
	f.StringVar(&bot, "bot", "on", "on: the bot answers first; off: people do")
	f.StringVar(&in.Assign, "assign", event.AssignDirect, "direct: an agent has a conversation at once; offer: the agent accepts it")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	requireFlags(cmd, "name", "origin")
	return cmd
}
