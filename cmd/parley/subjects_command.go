package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"parley/event"
)

// subject is a row of `parley subjects`.
type subject struct {
	Subject string `json:"subject"`
	Stream  string `json:"stream,omitempty"` // "" is not stored
	Payload string `json:"payload"`
	What    string `json:"what"`
}

// subjectList is the published language, for people. The payloads' schemas are
// in docs/asyncapi.yaml.
func subjectList() []subject {
	return []subject{
		{"chat.<p>.<conv>", "CHAT_0…", "Event", "every durable event of a conversation"},
		{"people.<contact>", "DESK", "Change", "a contact was created, changed or merged"},
		{"agents.<agent>", "DESK", "Change", "an account changed"},
		{"kb.<article>", "DESK", "Change", "an article was published, changed or archived"},
		{"evt.conversation.<fact>.<inbox>", "EVENTS", "CloudEvents 1.0", "public facts of conversations for other systems"},
		{"evt.contact.<fact>", "EVENTS", "CloudEvents 1.0", "a contact was created, updated, merged or erased, for other systems"},
		{"in.<source>.<type>", "INBOX", "CloudEvents 1.0", "what other systems publish to Parley"},
		{"timer.<kind>.<id>", "TIMERS", "by kind", "scheduled messages"},
		{"due.<kind>.<id>", "TIMERS", "by kind", "a timer's message when it is due"},
		{"dlq.<module>", "DLQ", "the message", "what a consumer could not digest"},
		{"live.<conv>", "", "Event", "republished by the CHAT streams after storing"},
		{"eph.<conv>", "", "Ephemeral", "typing, read marks, bot deltas, queue positions"},
		{"agent.<agent>", "", "Notice", "personal notices of an agent"},
		{"desk.<inbox>", "", "ConversationSummary", "a changed row of the agents' lists"},
		{"parley.v1.<module>.<verb>.<caller>", "", "by verb", "micro services: send, attributes, handoff"},
	}
}

func (p *program) subjectsCommand() *cobra.Command {
	var asJSON, asyncAPI bool
	cmd := &cobra.Command{
		Use:     "subjects",
		Short:   "Show the subjects and streams other programs may use",
		Example: "  parley subjects\n  parley subjects --asyncapi > asyncapi.yaml",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			if asyncAPI {
				doc, err := asyncAPIDocument()
				if err != nil {
					return err
				}
				_, err = p.out.Write(doc)
				return err
			}
			if asJSON {
				return p.json(map[string]any{"subjects": subjectList(), "streams": event.Streams(p.cfg.Shards)})
			}
			w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
			for _, s := range subjectList() {
				_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Subject, s.Stream, s.Payload, s.What) // Flush reports the error
			}
			_, _ = fmt.Fprintln(w)
			for _, s := range event.Streams(p.cfg.Shards) {
				_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, strings.Join(short(s.Subjects), " "), s.Summary)
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&asyncAPI, "asyncapi", false, "print the AsyncAPI 3 document, with the payloads' schemas")
	return cmd
}

// short shows the ends of a long list.
func short(subjects []string) []string {
	if len(subjects) <= 3 {
		return subjects
	}
	return []string{subjects[0], "…", subjects[len(subjects)-1]}
}
