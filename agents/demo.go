package agents

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"parley/internal/auth"
	"parley/internal/errs"
	"parley/internal/ids"
)

// DemoLink signs in as one of the demo's agents, once, within 24 hours.
type DemoLink struct {
	Name string
	Role auth.Role
	Link string
}

// SeedDemo makes the demo's two agents where they are missing, and skills,
// teams and canned responses where there are none at all. It returns a fresh
// sign-in link for each of the two; a disabled one gets none.
func (s *Service) SeedDemo(ctx context.Context) ([]DemoLink, error) {
	var links []DemoLink
	members := map[string]string{}
	for _, u := range demoStaff() {
		a, err := accountByEmail(ctx, s.db, u.Email)
		if errs.Is(err, errs.NotFound) {
			p, cerr := s.AddUser(ctx, u)
			a, err = account{ID: p.ID, Name: p.Name, Role: auth.Role(p.Role)}, cerr
		}
		if err != nil {
			return nil, err
		}
		members[u.Email] = a.ID
		if a.Disabled {
			continue
		}
		link, err := s.SignInLink(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		links = append(links, DemoLink{Name: a.Name, Role: a.Role, Link: link})
	}
	if err := s.seedTeams(ctx, members); err != nil {
		return nil, err
	}
	return links, s.seedCanned(ctx)
}

func demoStaff() []AddUser {
	return []AddUser{
		{
			Name: "Ada Novak", Email: "ada.novak@demo.example", Role: auth.RoleSupervisor,
			Skills: map[string]int{"billing": 4}, Languages: []string{"en", "de"},
		},
		{
			Name: "Ben Okafor", Email: "ben.okafor@demo.example", Role: auth.RoleAgent,
			Skills: map[string]int{"technical": 3}, Languages: []string{"en"},
		},
	}
}

// seedTeams makes two teams, each with one of the demo's agents.
func (s *Service) seedTeams(ctx context.Context, members map[string]string) error {
	existing, err := s.Teams(ctx)
	if err != nil || len(existing) > 0 {
		return err
	}
	teams := map[string]string{"Billing": "ada.novak@demo.example", "Technical support": "ben.okafor@demo.example"}
	for _, name := range slices.Sorted(maps.Keys(teams)) {
		list := []string{members[teams[name]]}
		if _, err := s.createTeam(ctx, "", teamEdit{Name: &name, Members: &list}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) seedCanned(ctx context.Context) error {
	return s.db.InTx(ctx, func(tx pgx.Tx) error {
		existing, err := listCanned(ctx, tx, "")
		if err != nil || len(existing) > 0 {
			return err
		}
		for _, c := range demoCanned() {
			c.ID, c.UpdatedAt = ids.New(), s.now()
			if err := c.check(); err != nil {
				return err
			}
			if err := saveCanned(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func demoCanned() []canned {
	return []canned{
		{
			Shortcut: "hello", Title: "Greeting",
			Text: "Hello {{contact.first_name}}, this is {{agent.first_name}}. I have read the conversation so far. Let me look into it.",
		},
		{
			Shortcut: "moment", Title: "Need a moment",
			Text: "Thank you for your patience. I am checking this and will be back with you in a few minutes.",
		},
		{
			Shortcut: "details", Title: "Ask for details",
			Text: "To find the cause I need to know:\n\n1. What did you try to do?\n2. What happened instead?\n3. Which browser or device do you use?",
		},
		{
			Shortcut: "email", Title: "Follow up by e-mail",
			Text: "This will take us longer than a chat. Which address may we write to as soon as we know more?",
		},
		{
			Shortcut: "bye", Title: "Closing",
			Text: "I am glad that is solved. If anything else comes up, just write here again. Best wishes, {{agent.first_name}}",
		},
	}
}
