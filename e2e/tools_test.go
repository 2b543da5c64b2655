package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	netmail "net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/nats-io/nats.go"       //nolint:depguard // stands for another company's program
	"github.com/nats-io/nats.go/micro" //nolint:depguard // likewise
	"github.com/stretchr/testify/require"
)

// postOffice is a mail server on a socket.
type postOffice struct {
	addr  string
	mails chan string // in the order in which they came
}

func openPostOffice(t *testing.T) *postOffice {
	t.Helper()
	o := &postOffice{mails: make(chan string, 10)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &postSession{o}, nil }))
	server.Domain = "localhost"
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	o.addr = ln.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.NoError(t, <-ended)
	})
	return o
}

type postSession struct{ *postOffice }

func (*postSession) Mail(string, *smtp.MailOptions) error { return nil }
func (*postSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (*postSession) Reset()                               {}
func (*postSession) Logout() error                        { return nil }

func (s *postSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err == nil {
		s.mails <- string(raw)
	}
	return err
}

// personalTool answers order.status for verified people, until the test ends.
type personalTool struct {
	mu  sync.Mutex
	who []string // whom it was called for
}

func (p *personalTool) calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.who...)
}

func (s *server) offerPersonalTool(c credentials) *personalTool {
	s.t.Helper()
	nc, err := nats.Connect(c.URL, nats.UserInfo(c.User, c.Password))
	require.NoError(s.t, err)
	s.t.Cleanup(nc.Close)
	p := &personalTool{}
	service, err := micro.AddService(nc, micro.Config{Name: "orders", Version: "2.1.0"})
	require.NoError(s.t, err)
	require.NoError(s.t, service.AddEndpoint("status", micro.HandlerFunc(func(r micro.Request) {
		p.mu.Lock()
		p.who = append(p.who, r.Headers().Get("Parley-Verified"))
		p.mu.Unlock()
		_ = r.RespondJSON(map[string]string{"status": "on its way"})
	}), micro.WithEndpointSubject("tool.order.status"), micro.WithEndpointMetadata(map[string]string{
		"description": "Tells where an order is", "personal": "true",
		"input_schema": `{"type":"object","required":["number"],"properties":{"number":{"type":"string","pattern":"^[A-Z]-[0-9]+$"}}}`,
	})))
	require.NoError(s.t, nc.Flush())
	return p
}

// fitsOnAPhone looks at the settings page in the width of a phone: only tables
// scroll, inside of themselves.
func (p *tab) fitsOnAPhone() {
	p.t.Helper()
	p.size(390, 844)
	p.until(`((e) => e.scrollWidth <= e.clientWidth)(document.querySelector(".settings-main"))`)
	p.size(1280, 800)
}

// An admin sees a tool appear and says who may call it; a flow calls it for a
// visitor who has read a code in their mail, and the calls are listed.
func TestToolIsAllowedAndCalledAfterACodeByMail(t *testing.T) {
	t.Parallel()
	office := openPostOffice(t)
	s := serve(t, "--mail-url", "smtp://"+office.addr+"?tls=none", "--mail-from", "Shop <support@example.com>")
	_, key := s.newInbox()
	admin := s.adminTab()
	admin.open(s.URL + "/console/settings/tools")
	admin.see("No program offers a tool")
	admin.fitsOnAPhone()
	tool := s.offerPersonalTool(s.integration("orders", "--tool", "order.status"))
	admin.until(`document.dispatchEvent(new Event("visibilitychange")) && document.querySelector("a.tool")?.innerText.includes("order.status")`)
	admin.click("a.tool", "order.status")
	for _, text := range []string{"orders 2.1.0", "1 program", "Personal", "pattern ^[A-Z]-[0-9]+$", "Nobody has called it yet."} {
		admin.see(text)
	}
	flip := func(label string, on bool) {
		find := fmt.Sprintf(`[...document.querySelectorAll(".switch-row")].find((r) => r.innerText.includes(%s))?.querySelector("input")`, quote(label))
		admin.until(find + fmt.Sprintf("?.disabled === false && %s.checked === %t", find, !on))
		eval[bool](admin, find+".click() || true")
		admin.until(find + fmt.Sprintf("?.disabled === false && %s.checked === %t", find, on))
	}
	flip("Guided flows", false)

	token := s.CLI("token", "create", "--label", "flows", "--role", "supervisor")
	s.importFlow("../examples/order-status/flow.yaml", token)
	ask := func() (c *socket, conv string) {
		ann, _ := s.Visitor(key)
		c = s.hello(ann)
		conv, _ = c.open("first", "Hi, where is my order?")
		c.await("event", fromBot("What is your order number?"))
		c.say(conv, "second", "A-12345")
		return c, conv
	}
	visitor, _ := ask()
	visitor.await("event", fromBot("I cannot find that order."))
	flip("Guided flows", true)

	visitor, conv := ask()
	visitor.await("event", fromBot("To which e-mail address"))
	visitor.say(conv, "third", "ann@example.com")
	visitor.await("event", fromBot("a…@example.com"))
	mail, err := netmail.ReadMessage(strings.NewReader(<-office.mails))
	require.NoError(t, err)
	require.Equal(t, "<ann@example.com>", mail.Header.Get("To"))
	require.Equal(t, `"Shop" <support@example.com>`, mail.Header.Get("From"))
	require.Equal(t, "auto-generated", mail.Header.Get("Auto-Submitted"))
	body, err := io.ReadAll(mail.Body)
	require.NoError(t, err)
	code := regexp.MustCompile(`\d{6}`).FindString(string(body))
	require.NotEmpty(t, code, "%s", body)
	require.NotContains(t, string(body), "A-12345", "nothing of the conversation")
	require.Empty(t, tool.calls())
	visitor.say(conv, "fourth", code)
	visitor.await("event", fromBot("Your order A-12345 is on its way."))
	require.Equal(t, []string{"email:ann@example.com"}, tool.calls())

	admin.until(`document.dispatchEvent(new Event("visibilitychange")) && document.body.innerText.includes("Answered")`)
	for _, text := range []string{"Not allowed", "Visitor not verified"} {
		admin.see(text)
	}
	admin.fitsOnAPhone()
	var calls struct {
		Calls []struct{ Outcome, Conversation string }
	}
	require.Equal(t, http.StatusOK, s.Call("GET", "/api/v1/tools/order.status/calls", token, nil, &calls))
	require.Len(t, calls.Calls, 3)
	require.Equal(t, "ok", calls.Calls[0].Outcome)
	require.Equal(t, conv, calls.Calls[0].Conversation)

	axe := axeSource(t)
	for _, theme := range []string{"light", "dark"} {
		admin.theme(theme)
		admin.check(axe, "settings of a tool, "+theme)
	}
}
