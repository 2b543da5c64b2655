package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server" //nolint:depguard // stands for a NATS of one's own
	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
	"parley/internal/testkit"
)

// natsProgram is the ordinary nats command line, built once. An unavailable
// error says that its source is not to be had on this machine.
var natsProgram = sync.OnceValues(func() (path string, failed error) {
	const source, module = "github.com/nats-io/natscli/nats", "-modfile=../tools/nats.mod"
	if out, err := exec.Command("go", "list", module, "-deps", source).CombinedOutput(); err != nil {
		return "", &unavailable{string(out)}
	}
	program, err := harness.Build("parley/cmd/parley")
	if err != nil {
		return "", err
	}
	path = filepath.Join(filepath.Dir(program), "nats")
	build := exec.Command("go", "build", module, "-o", path, source)
	build.Stderr = os.Stderr
	return path, build.Run()
})

type unavailable struct{ why string }

func (u *unavailable) Error() string { return u.why }

// page is a section of docs/integrating.md.
type page struct{ text string }

// section is the page from one heading to another.
func section(t *testing.T, from, to string) page {
	t.Helper()
	raw, err := os.ReadFile("../docs/integrating.md")
	require.NoError(t, err)
	_, text, ok := strings.Cut(string(raw), "\n"+from+"\n")
	require.True(t, ok, "no section %q", from)
	text, _, ok = strings.Cut(text, "\n"+to+"\n")
	require.True(t, ok, "no section %q", to)
	return page{text}
}

// commands are the shell blocks of the page, and single commands within its
// sentences.
func (p page) commands() []string {
	var out []string
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```|`(nats [^`\n]+)`").FindAllStringSubmatch(p.text, -1) {
		out = append(out, m[1]+m[2])
	}
	return out
}

// only is the one command with the text.
func (p page) only(t *testing.T, text string) string {
	t.Helper()
	var found []string
	for _, c := range p.commands() {
		if strings.Contains(c, text) {
			found = append(found, c)
		}
	}
	require.Len(t, found, 1, "commands with %q", text)
	return found[0]
}

// shell runs documented commands in a folder of its own, with nats and parley on
// the path.
type shell struct {
	t   *testing.T
	dir string
	env []string
}

func newShell(t *testing.T, s *server, env ...string) *shell {
	t.Helper()
	nats, err := natsProgram()
	if lacking, ok := errors.AsType[*unavailable](err); ok {
		t.Skipf("the nats command line cannot be fetched here: %s", lacking.why)
	}
	require.NoError(t, err)
	dir := t.TempDir()
	return &shell{t, dir, append(append(os.Environ(),
		"PATH="+filepath.Dir(nats)+":"+os.Getenv("PATH"), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "PARLEY_DATA="+s.Dir, "NO_COLOR=1"), env...)}
}

// start runs a command until the test stops it.
func (sh *shell) start(command string) (out *harness.Transcript, stop func() error) {
	sh.t.Helper()
	ctx, cancel := context.WithTimeout(sh.t.Context(), 2*patience)
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir, cmd.Env = sh.dir, sh.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the shell's own commands end with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out = &harness.Transcript{}
	cmd.Stdout = out
	require.NoError(sh.t, cmd.Start())
	var once sync.Once
	stop = func() (err error) {
		once.Do(func() { cancel(); err = cmd.Wait() })
		return err
	}
	sh.t.Cleanup(func() { _ = stop() }) // killed, so it fails
	return out, stop
}

// run runs a command to its end and returns what it prints.
func (sh *shell) run(command string) string {
	sh.t.Helper()
	ctx, cancel := context.WithTimeout(sh.t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-e", "-c", command)
	cmd.Dir, cmd.Env = sh.dir, sh.env
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	require.NoError(sh.t, cmd.Run(), "%s\n%s%s", command, &out, &errOut)
	return out.String() + errOut.String()
}

// seen waits until a running command has printed the text.
func (sh *shell) seen(out *harness.Transcript, text string) {
	sh.t.Helper()
	require.Eventually(sh.t, func() bool { return strings.Contains(out.String(), text) }, patience, 20*time.Millisecond, "%s", lazy(out.String))
}

// Every command of "Over NATS" does what the page says, as it stands there but
// for the conversation's id.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	doc := section(t, "## Over NATS", "### With your own NATS")
	s := serve(t, "--demo")
	sh := newShell(t, s)
	left := map[string]bool{}
	for _, c := range doc.commands() {
		left[c] = true
	}
	var conv string
	command := func(text string) string {
		c := doc.only(t, text)
		delete(left, c)
		return strings.ReplaceAll(c, "upnc4jli5pxkfelk4ywg72ysqy", conv)
	}

	sh.run(command("parley integration add"))
	info, err := os.Stat(filepath.Join(sh.dir, "crm.json"))
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())

	_, key := s.newInbox()
	token, _ := s.Visitor(key)
	visitor := s.hello(token)
	conv, _ = visitor.open("first", "Where is my order?")
	heard, _ := sh.start(command("sub 'evt.>'"))

	var first fact
	require.NoError(t, json.Unmarshal([]byte(sh.run(command("consumer next EVENTS"))), &first))
	require.NotEmpty(t, first.Contact)
	followed, stop := sh.start(command("consumer sub EVENTS"))
	sh.seen(followed, `"text":"Where is my order?"`)

	answer := sh.run(command("parley.v1.chat.send.crm"))
	require.Contains(t, answer, `{"cid":"order-4711-shipped","conv":"`+conv+`","seq":`)
	visitor.await("event", of("text", "Your order **4711** is on its way."))
	sh.seen(followed, `"text":"Your order **4711** is on its way."`)
	sh.seen(heard, `"text":"Your order **4711** is on its way."`)
	require.Error(t, stop(), "it goes on until it is killed")

	require.Contains(t, sh.run(command("parley.v1.people.attributes.crm")), `"attributes":{"orders":12,"plan":"pro"}`)
	require.Contains(t, sh.run(command("parley.v1.chat.handoff.crm")), `"cid":"order-4711-late"`)
	visitor.await("event", of("kind", "handoff"))
	both := sh.run(command("$SRV.INFO"))
	require.Contains(t, both, `"parley-chat"`)
	require.Contains(t, both, `"schema"`)
	stored, err := s.operator().js.Stream(t.Context(), "INBOX")
	require.NoError(t, err)
	require.EqualValues(t, 1, stored.CachedInfo().State.Msgs)
	require.Empty(t, left, "commands that this test does not run")

	// What the page says is refused.
	refusal := sh.run(`nats --context ./crm.json request parley.v1.chat.send.crm '{"cid":"x","conversation":"` + conv + `","txt":"?"}'`)
	require.Contains(t, refusal, "Nats-Service-Error-Code: invalid")
	require.Contains(t, refusal, `{"error":{"code":"invalid"`)
	require.Contains(t, strings.ToLower(sh.run(`! nats --context ./crm.json pub in.erp.order '{}'`)), "permissions violation")
}

// The commands of "With your own NATS", as Parley's user there.
func TestDocumentedCommandsWithYourOwnNATS(t *testing.T) {
	t.Parallel()
	doc := section(t, "### With your own NATS", "## Webhooks")
	_, config, ok := strings.Cut(doc.text, "```\naccounts {")
	require.True(t, ok)
	config, _, _ = strings.Cut("accounts {"+config, "```")
	config = strings.NewReplacer("$PARLEY_PASSWORD", "p1", "$CRM_PASSWORD", "p2").Replace(config)
	own := testkit.Cluster(t, 1, func(o *natsserver.Options) { require.NoError(t, o.ProcessConfigString(config)) })
	s := serve(t, "--nats-url", strings.Replace(own.URL(), "nats://", "nats://parley:p1@", 1), "--nats-monitor-url", strings.Join(own.MonitorURLs(), ","))
	sh := newShell(t, s, "NATS_URL="+own.URL(), "NATS_USER=parley", "NATS_PASSWORD=p1")
	sh.run(doc.only(t, "nats consumer add"))

	crm := &shell{t, sh.dir, append(sh.env, "NATS_USER=crm", "NATS_PASSWORD=p2")}
	const asCRM = "nats --inbox-prefix _INBOX_crm --js-domain parley "
	_, key := s.newInbox("--nats-url", strings.Replace(own.URL(), "nats://", "nats://parley:p1@", 1), "--nats-monitor-url", strings.Join(own.MonitorURLs(), ","))
	token, _ := s.Visitor(key)
	visitor := s.hello(token)
	conv, _ := visitor.open("first", "Where is my order?")
	out := ""
	for !strings.Contains(out, "Where is my order?") {
		out = crm.run(asCRM + "consumer next EVENTS crm --ack --raw --timeout 30s")
	}
	require.Contains(t, crm.run(asCRM+`request parley.v1.chat.send.crm '{"cid":"c","conversation":"`+conv+`","text":"On its way."}'`), conv)
	visitor.await("event", of("text", "On its way."))
}
