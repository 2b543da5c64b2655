package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"parley/chat"
	"parley/internal/httpd"
	"parley/internal/mail"
)

// config holds every setting. Each is a flag and, in capitals with PARLEY_ in
// front and _ for -, an environment variable; the flag wins.
type config struct {
	Data      string
	Addr      string
	PublicURL string
	ownPublic bool // PublicURL was given, not derived
	AdminAddr string
	Only      []string
	Demo      bool

	DatabaseURL string
	PGBinDir    string

	NATSURL        string
	NATSMonitorURL []string
	NATSCreds      string
	NATSListen     string
	Durability     string
	Shards         int
	Replicas       int

	TrustedProxies []string
	AllowEgress    []string
	Secret         string

	RateVisitor int
	RateAddress int
	RateLogin   int
	RateVote    int
	RateCode    int
	MaxSockets  int
	MaxText     int
	MaxUpload   int64
	Uploads     chat.UploadLimits

	Retention      int // days
	RetentionFiles int
	RetentionDead  int

	LLMURL         string
	LLMKey         string
	LLMModel       string
	LLMTimeout     time.Duration
	LLMDailyTokens int
	EmbedURL       string
	EmbedKey       string
	EmbedModel     string
	VideoHosts     []string
	KBSyncDir      string
	KBSyncEvery    time.Duration

	MailURL  string
	MailFrom string

	ClockOffset time.Duration

	LogLevel  string
	LogFormat string
}

const envPrefix = "PARLEY_"

// modules that --only may name.
var moduleNames = []string{"gateway", "chat", "people", "agents", "bot", "kb", "routing", "webhooks", "web"}

// flags declares the settings with their defaults and documentation.
func (c *config) flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("parley", pflag.ContinueOnError)
	f.SortFlags = false
	f.StringVar(&c.Data, "data", "./data", "folder of everything Parley keeps")
	f.StringVar(&c.Addr, "addr", "127.0.0.1:8080", "host:port of the web server")
	f.StringVar(&c.PublicURL, "public-url", "", "address people use, for links and as the console's own origin (default http://localhost:<port of addr>)")
	f.StringVar(&c.AdminAddr, "admin-addr", "127.0.0.1:8081", "host:port of /metrics, /livez and /readyz; empty turns them off")
	f.StringSliceVar(&c.Only, "only", nil, "run only these modules: "+strings.Join(moduleNames, ","))
	f.BoolVar(&c.Demo, "demo", false, "fill an empty installation with a demo inbox, two agents and a help centre")
	f.StringVar(&c.DatabaseURL, "database-url", "", "external PostgreSQL with pgvector 0.8 or newer (default: a private server below data)")
	f.StringVar(&c.PGBinDir, "pg-bindir", "", "folder of the PostgreSQL programs for the private server (default: found on the machine)")
	f.StringVar(&c.NATSURL, "nats-url", "", "external NATS with JetStream (default: a server inside this process)")
	f.StringSliceVar(&c.NATSMonitorURL, "nats-monitor-url", nil, "monitoring address of each server behind nats-url, by which Parley checks that they sync before they acknowledge")
	f.StringVar(&c.NATSCreds, "nats-creds", "", "credentials file for nats-url")
	f.StringVar(&c.NATSListen, "nats-listen", "127.0.0.1:4222", "host:port where other programs reach the inner NATS; empty closes it")
	f.StringVar(&c.Durability, "durability", "sync", "sync: an ack survives a power cut; relaxed: synced each second")
	f.IntVar(&c.Shards, "shards", 8, "streams that conversations are spread over: 1, 2, 4 … 64")
	f.IntVar(&c.Replicas, "replicas", 1, "copies of each stream in an external NATS: 1, 3 or 5")
	f.StringSliceVar(&c.TrustedProxies, "trusted-proxies", nil, "addresses or networks whose X-Forwarded-For is believed")
	f.StringSliceVar(&c.AllowEgress, "allow-egress", nil, "private networks that webhooks and models may be in, such as 10.0.0.0/8")
	f.StringVar(&c.Secret, "secret", "", "key that signs tokens and links, at least 32 characters (default: made once and kept below data)")
	f.IntVar(&c.RateVisitor, "rate-visitor", 20, "messages a visitor may send a minute; 0 is no limit")
	f.IntVar(&c.RateAddress, "rate-address", 600, "sockets and visitors an address may open a minute; 0 is no limit")
	f.IntVar(&c.RateLogin, "rate-login", 10, "sign-ins an address may try a minute; 0 is no limit")
	f.IntVar(&c.RateVote, "rate-vote", 10, "votes on articles an address may give a minute; 0 is no limit")
	f.IntVar(&c.RateCode, "rate-code", 300, "one-time codes mailed an hour, in all; 0 is no limit")
	f.IntVar(&c.MaxSockets, "max-sockets", 50_000, "sockets at once")
	f.IntVar(&c.MaxText, "max-text", 16<<10, "bytes of a message")
	f.Int64Var(&c.MaxUpload, "max-upload", 25<<20, "bytes of an attachment")
	f.StringSliceVar(&c.Uploads.Types, "upload-types", nil, "endings of files that visitors may send, such as .jpg,.png,.pdf (default: all)")
	f.IntVar(&c.Uploads.All, "max-uploads", 32, "attachments that may be uploaded at once; 0 is no limit")
	f.IntVar(&c.Uploads.Each, "max-uploads-each", 3, "attachments that one person may upload at once; 0 is no limit")
	f.IntVar(&c.Uploads.Unclaimed, "max-unsent", 20, "uploaded attachments that one person may have without sending them; 0 is no limit")
	f.IntVar(&c.Retention, "retention", 0, "days after which closed conversations are deleted, with their files; 0 keeps them")
	f.IntVar(&c.RetentionFiles, "retention-files", 0, "days after which the files of closed conversations are deleted; 0 keeps them as long as the conversation")
	f.IntVar(&c.RetentionDead, "retention-dead-letters", 30, "days for which dead letters are kept")
	c.answerFlags(f)
	f.DurationVar(&c.ClockOffset, "clock-offset", 0, "for tests: how far this process's clock is ahead of the machine's, such as 1h or -20m")
	f.StringVar(&c.LogLevel, "log-level", "info", "debug, info, warn or error")
	f.StringVar(&c.LogFormat, "log-format", "", "text or json (default: text on a terminal, json otherwise)")
	return f
}

// answerFlags declares the settings of what the bot and the help centre answer
// with.
func (c *config) answerFlags(f *pflag.FlagSet) {
	f.StringVar(&c.LLMURL, "llm-url", "", "OpenAI-compatible endpoint for the bot's answers, such as http://localhost:11434/v1 (default: none, the bot quotes the articles)")
	f.StringVar(&c.LLMKey, "llm-key", "", "key for llm-url")
	f.StringVar(&c.LLMModel, "llm-model", "", "model for llm-url")
	f.DurationVar(&c.LLMTimeout, "llm-timeout", 20*time.Second, "time for one answer of the model")
	f.IntVar(&c.LLMDailyTokens, "llm-daily-tokens", 2_000_000, "tokens the model may use a day; 0 is no limit")
	f.StringVar(&c.EmbedURL, "embed-url", "", "OpenAI-compatible endpoint for embeddings (default: built in)")
	f.StringVar(&c.EmbedKey, "embed-key", "", "key for embed-url")
	f.StringVar(&c.EmbedModel, "embed-model", "", "model for embed-url")
	f.StringSliceVar(&c.VideoHosts, "video-hosts", []string{"www.youtube-nocookie.com", "player.vimeo.com"}, "hosts whose videos articles may show, once the reader has agreed to load them")
	f.StringVar(&c.KBSyncDir, "kb-sync-dir", "", "folder of Markdown, such as a git checkout, that the help centre is kept in step with: changed files are imported, articles that came from it and whose files are gone are archived (default: none)")
	f.DurationVar(&c.KBSyncEvery, "kb-sync-every", time.Minute, "time between two looks at kb-sync-dir")
	f.StringVar(&c.MailURL, "mail-url", "", "mail server for one-time codes: smtps://user:password@host:465, smtp://user:password@host:587 (STARTTLS), or smtp://host:25?tls=none (default: none, people take over where a code is needed)")
	f.StringVar(&c.MailFrom, "mail-from", "", "sender of those mails, such as \"Shop <support@example.com>\"")
}

// secretFlags are never printed.
var secretFlags = []string{"secret", "llm-key", "embed-key", "database-url", "nats-url", "mail-url"}

func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnv applies the environment to flags that were not given, and reports
// variables that name no setting: a misspelt limit must not be silently none.
func fromEnv(f *pflag.FlagSet, environ []string) error {
	known := map[string]string{}
	f.VisitAll(func(flag *pflag.Flag) { known[envName(flag.Name)] = flag.Name })
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		flag, ok := known[name]
		if !ok {
			return fmt.Errorf("environment variable %s is not a setting; `parley config` lists them", name)
		}
		if f.Changed(flag) || value == "" {
			continue
		}
		if err := f.Set(flag, value); err != nil {
			return fmt.Errorf("environment variable %s: %w", name, err)
		}
	}
	return nil
}

// check validates what flags alone cannot, and fills what follows from others.
func (c *config) check() error {
	abs, err := filepath.Abs(c.Data)
	if err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	c.Data = abs
	for _, m := range c.Only {
		if !slices.Contains(moduleNames, m) {
			return fmt.Errorf("--only: there is no module %q; there are %s", m, strings.Join(moduleNames, ", "))
		}
	}
	if c.Durability != "sync" && c.Durability != "relaxed" {
		return fmt.Errorf("--durability must be sync or relaxed, not %q", c.Durability)
	}
	if c.ownPublic = c.PublicURL != ""; !c.ownPublic {
		_, port, ok := cutPort(c.Addr)
		if !ok {
			return fmt.Errorf("--addr must be host:port, not %q", c.Addr)
		}
		c.PublicURL = "http://localhost:" + port
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("--public-url must be an address such as https://support.example.com, not %q", c.PublicURL)
	}
	c.PublicURL = u.Scheme + "://" + u.Host
	if c.Secret != "" && len(c.Secret) < 32 {
		return fmt.Errorf("--secret must have at least 32 characters")
	}
	for i, ending := range c.Uploads.Types {
		if ending = "." + strings.TrimLeft(strings.ToLower(strings.TrimSpace(ending)), "*."); strings.ContainsAny(ending, "/ ") || ending == "." {
			return fmt.Errorf("--upload-types must be endings such as .pdf, not %q", c.Uploads.Types[i])
		}
		c.Uploads.Types[i] = ending
	}
	if _, err := c.mailer(); err != nil {
		return err
	}
	_, err = c.egress()
	return err
}

// mailer sends through the mail server that is set, nil when none is.
func (c *config) mailer() (*mail.Sender, error) {
	if c.MailURL == "" {
		return nil, nil //nolint:nilnil // no mail is sent then
	}
	sender, err := mail.New(mail.Config{URL: c.MailURL, From: c.MailFrom, Now: c.clock})
	if err != nil {
		return nil, fmt.Errorf("--mail-%s", explain(err)) // it names the field first, and never the password
	}
	return sender, nil
}

func cutPort(addr string) (host, port string, ok bool) {
	i := strings.LastIndexByte(addr, ':')
	if i < 0 || i == len(addr)-1 {
		return "", "", false
	}
	return addr[:i], addr[i+1:], true
}

func (c *config) origins() httpd.Origins {
	u, err := url.Parse(c.PublicURL)
	if err != nil {
		return nil // check has refused it
	}
	return httpd.OwnOrigins(u)
}

func (c *config) egress() ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(c.AllowEgress))
	for _, s := range c.AllowEgress {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("--allow-egress: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// clock is the time that the modules go by.
func (c *config) clock() time.Time { return time.Now().Add(c.ClockOffset) }

func (c *config) runs(module string) bool {
	return len(c.Only) == 0 || slices.Contains(c.Only, module)
}

// logger writes text to a terminal and JSON elsewhere.
func (c *config) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return nil, fmt.Errorf("--log-level must be debug, info, warn or error, not %q", c.LogLevel)
	}
	opts := &slog.HandlerOptions{Level: level}
	format := c.LogFormat
	if format == "" {
		format = "json"
		if isTerminal(w) {
			format = "text"
		}
	}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	}
	return nil, fmt.Errorf("--log-format must be text or json, not %q", c.LogFormat)
}
