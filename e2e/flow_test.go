package e2e

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
)

// program runs an example beside the server until the test ends.
func (s *server) program(pkg string, c credentials) (out *harness.Transcript, stop func()) {
	s.t.Helper()
	path, err := harness.Build(pkg)
	require.NoError(s.t, err)
	out = &harness.Transcript{}
	cmd := exec.Command(path)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), "NATS_URL="+c.URL, "NATS_USER="+c.User, "NATS_PASSWORD="+c.Password)
	require.NoError(s.t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop = func() {
		_ = cmd.Process.Signal(os.Interrupt) // one that has ended already is no failure
		require.NoError(s.t, <-ended)
	}
	s.t.Cleanup(func() { _ = cmd.Process.Kill() })
	return out, stop
}

// importFlow publishes the flow of a file.
func (s *server) importFlow(path, token string) {
	s.t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(s.t, err)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL+"/api/v1/flows/import", bytes.NewReader(text))
	require.NoError(s.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, resp.Body.Close())
	require.Equal(s.t, http.StatusCreated, resp.StatusCode, "%s", body)
	var list struct{ Flows []struct{ ID string } }
	require.Equal(s.t, http.StatusOK, s.Call("GET", "/api/v1/flows", token, nil, &list))
	id := list.Flows[len(list.Flows)-1].ID
	require.Equal(s.t, http.StatusOK, s.Call("POST", "/api/v1/flows/"+id+"/publish", token, nil, nil))
}

// fromBot matches what the bot says that contains the text.
func fromBot(text string) func(object) bool {
	return func(o object) bool {
		from, _ := o["from"].(object)
		said, _ := o["text"].(string)
		return from["kind"] == "bot" && o["kind"] == "message" && strings.Contains(said, text)
	}
}

// What examples/order-status/README.md tells to do: a program with a user of its
// own offers a tool, and a flow collects an order number, calls it and answers.
func TestFlowCallsAToolOfAnotherProgram(t *testing.T) {
	t.Parallel()
	s := serve(t)
	_, key := s.newInbox()
	admin := s.CLI("token", "create", "--label", "tools", "--role", "supervisor")
	offered, stop := s.program("parley/examples/order-status", s.integration("orders", "--tool", "order.status"))
	require.Eventually(t, func() bool { return strings.Contains(offered.String(), "offered") }, patience, 20*time.Millisecond)
	var tools struct {
		Tools []struct {
			Name, Description string
			Instances         int
			InputSchema       object `json:"input_schema"`
		}
	}
	require.Equal(t, http.StatusOK, s.Call("GET", "/api/v1/tools", admin, nil, &tools))
	require.Len(t, tools.Tools, 1)
	require.Equal(t, "order.status", tools.Tools[0].Name)
	require.Equal(t, 1, tools.Tools[0].Instances)
	require.Equal(t, []any{"number"}, tools.Tools[0].InputSchema["required"])
	s.importFlow("../examples/order-status/flow.yaml", admin)

	ann, _ := s.Visitor(key)
	visitor := s.hello(ann)
	conv, _ := visitor.open("first", "Hi, where is my order?")
	visitor.await("event", fromBot("What is your order number?"))
	visitor.say(conv, "second", "I think it is a-12345")
	visitor.await("event", fromBot("Your order A-12345 is on its way."))
	require.Contains(t, offered.String(), "order A-12345: on its way")

	stop() // without the program a person helps
	bob, _ := s.Visitor(key)
	visitor = s.hello(bob)
	visitor.open("first", "Where is my order A-12346?")
	visitor.await("event", fromBot("I cannot find that order."))
	visitor.await("event", of("kind", "handoff"))
}
