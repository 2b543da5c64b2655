package bus

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// The embedded server has an account for Parley and one for each integration.
// An account sees nothing of another but what is imported by name. That is
// more than a list of subjects a user may write to: within one account, whoever
// may send any request can name any subject as the one to answer to, and so
// have the server write there.

const (
	mainAccount        = "PARLEY"
	integrationAccount = "INTEGRATION_" // and its name
)

// accountsConfig is the part of a NATS configuration that lets Parley, the
// operator and the integrations in. Operators of an external NATS can use it as
// it is.
func accountsConfig(users []user, integrations []Integration, shards int) string {
	var c strings.Builder
	fmt.Fprintf(&c, "accounts {\n  %s {\n    jetstream: enabled\n    users: [\n", mainAccount)
	for _, u := range users {
		fmt.Fprintf(&c, "      { user: %q, password: %q }\n", u.name, u.hash)
	}
	c.WriteString("    ]\n    exports: [\n")
	for _, g := range exports(shards) {
		fmt.Fprintf(&c, "      { %s }\n", g.export())
	}
	c.WriteString("    ]\n")
	writeToolImports(&c, integrations)
	c.WriteString("  }\n")
	for _, in := range integrations {
		if len(in.Tools) > 0 {
			writeToolAccount(&c, in)
			continue
		}
		writeIntegration(&c, in, shards)
	}
	c.WriteString("}\n")
	return c.String()
}

// exports are what integrations may be given; what one gets is in its account.
func exports(shards int) []grant {
	out := []grant{{subject: "in.>"}, {subject: "parley.v1.>"}, {subject: "$SRV.PING", many: true}, {subject: "$SRV.INFO", many: true}, {subject: "evt.>", listen: true}}
	for _, f := range (Integration{Can: []string{CanRead}}).follows(shards) {
		out = append(out,
			api("CONSUMER.INFO."+f.stream+".*", false),
			api("CONSUMER.MSG.NEXT."+f.stream+".*", true),
			grant{subject: "$JS.ACK." + f.stream + ".>"},
		)
	}
	return out
}

func writeIntegration(c *strings.Builder, in Integration, shards int) {
	var publish, imports []string
	subscribe := []string{fmt.Sprintf("%q", InboxPrefix(in.Name)+".>")}
	for _, g := range in.grants(shards) {
		imports = append(imports, "{ "+g.imported()+" }")
		if g.listen {
			subscribe = append(subscribe, fmt.Sprintf("%q", g.subject))
		} else {
			publish = append(publish, fmt.Sprintf("%q", cmp.Or(g.as, g.subject)))
		}
	}
	fmt.Fprintf(c, "  %s%s {\n    users: [ { user: %q, password: %q, permissions: {\n", integrationAccount, in.Name, in.Name, in.Password)
	fmt.Fprintf(c, "      publish: { allow: [ %s ] }\n      subscribe: { allow: [ %s ] } } } ]\n", strings.Join(publish, ", "), strings.Join(subscribe, ", "))
	fmt.Fprintf(c, "    imports: [\n      %s\n    ]\n  }\n", strings.Join(imports, "\n      "))
}

// InboxPrefix is the prefix of the answers' subjects that an integration must
// set in its client (nats --inbox-prefix).
func InboxPrefix(integration string) string { return "_INBOX_" + integration }

func (g grant) export() string {
	switch {
	case g.listen:
		return fmt.Sprintf("stream: %q", g.subject)
	case g.many:
		return fmt.Sprintf("service: %q, response_type: stream", g.subject)
	default:
		return fmt.Sprintf("service: %q", g.subject)
	}
}

func (g grant) imported() string {
	kind := "service"
	if g.listen {
		kind = "stream"
	}
	text := fmt.Sprintf("%s: { account: %s, subject: %q }", kind, mainAccount, g.subject)
	if g.as != "" {
		text += fmt.Sprintf(", to: %q", g.as)
	}
	return text
}

// hashSecret lets the server keep no password. Our secrets are 256 random
// bits, so the cheapest cost is enough; a hash is passed on as it is.
func hashSecret(secret string) (string, error) {
	if strings.HasPrefix(secret, "$2a$") {
		return secret, nil
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(secret), bcrypt.MinCost)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return string(hash), nil
}

func hashPasswords(all []Integration) ([]Integration, error) {
	out := slices.Clone(all)
	for i := range out {
		var err error
		if out[i].Password, err = hashSecret(out[i].Password); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// mergeIntegrations lets those of the configuration win over those of files.
func mergeIntegrations(configured, stored []Integration) ([]Integration, error) {
	out := slices.Clone(configured)
	for _, in := range stored {
		if !slices.ContainsFunc(out, func(o Integration) bool { return o.Name == in.Name }) {
			out = append(out, in)
		}
	}
	for i, in := range out {
		if err := in.validate(); err != nil {
			return nil, fmt.Errorf("integration %q: %w", in.Name, err)
		}
		if slices.ContainsFunc(out[:i], func(o Integration) bool { return o.Name == in.Name }) {
			return nil, fmt.Errorf("integration %q is configured twice", in.Name)
		}
	}
	slices.SortFunc(out, func(a, b Integration) int { return strings.Compare(a.Name, b.Name) })
	return out, checkTools(out)
}
