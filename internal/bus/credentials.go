package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"parley/internal/errs"
	"parley/internal/ids"
)

// Beside the data folder of the embedded server (dir) stand the operator's
// credentials, in the format of a context of the nats command line, and a
// folder with a file for each integration.

// CredentialsFile is the operator's NATS context: address, user, password; for
// nats --context FILE, which wants a name that ends in .json.
func CredentialsFile(dir string) string {
	return filepath.Join(filepath.Dir(dir), "nats-credentials.json")
}

func integrationsDir(dir string) string { return filepath.Join(filepath.Dir(dir), "integrations") }

const operatorName = "operator"

// natsContext is the part of a nats command line context that we use.
type natsContext struct {
	Description string `json:"description"`
	URL         string `json:"url"`
	User        string `json:"user"`
	Password    string `json:"password"`
	InboxPrefix string `json:"inbox_prefix"`
}

// operatorUser reads the operator's password, or makes one at the first start.
func operatorUser(dir string) (user, error) {
	c, err := readContext(CredentialsFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return newUser(operatorName, ids.Secret())
	}
	if err != nil {
		return user{}, err
	}
	if c.User != operatorName || c.Password == "" {
		return user{}, fmt.Errorf("%s has no operator password; delete the file, it is written anew at the start", CredentialsFile(dir))
	}
	return newUser(c.User, c.Password)
}

func readContext(path string) (natsContext, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return natsContext{}, fmt.Errorf("read the NATS credentials: %w", err)
	}
	var c natsContext
	if err := json.Unmarshal(body, &c); err != nil {
		return natsContext{}, fmt.Errorf("read the NATS credentials %s: %w", path, err)
	}
	return c, nil
}

func (e *embedded) writeCredentials() error {
	c := natsContext{Description: "Parley, operator", URL: e.clientURL(), User: e.operator.name, Password: e.operator.password, InboxPrefix: "_INBOX"}
	return writeSecret(CredentialsFile(e.cfg.Dir), c)
}

// writeSecret replaces a file that only its owner may read. A crash leaves the
// old or the new one.
func writeSecret(path string, v any) (err error) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(f.Name()))
		}
	}()
	if _, err := f.Write(append(body, '\n')); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Integrations lists the integrations added to the data folder dir. Their
// passwords are hashes.
func Integrations(dir string) ([]Integration, error) {
	entries, err := os.ReadDir(integrationsDir(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the integrations: %w", err)
	}
	var out []Integration
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" {
			continue
		}
		body, err := os.ReadFile(filepath.Join(integrationsDir(dir), e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read the integration %s: %w", e.Name(), err)
		}
		var in Integration
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, fmt.Errorf("read the integration %s: %w", e.Name(), err)
		}
		out = append(out, in)
	}
	return out, nil
}

// Credentials are what an integration needs to connect. They are shown once.
// Encoded as JSON they are a context of the nats command line.
type Credentials struct {
	URL         string `json:"url"` // "" when no server runs
	User        string `json:"user"`
	Password    string `json:"password"`
	InboxPrefix string `json:"inbox_prefix"`
	Domain      string `json:"jetstream_domain"`
	Consumer    string `json:"consumer,omitempty"` // the durable to pull from, with CanRead
	Active      bool   `json:"active"`             // a running server has it; otherwise the next start does
}

// AddIntegration adds or replaces an integration of the embedded server whose
// data folder is dir, and makes a password for it. A running server takes it
// over at once; the connections of one that is replaced are cut.
func AddIntegration(ctx context.Context, dir string, in Integration) (Credentials, error) {
	if err := in.validate(); err != nil {
		return Credentials{}, err
	}
	others, err := Integrations(dir)
	if err != nil {
		return Credentials{}, err
	}
	others = slices.DeleteFunc(others, func(o Integration) bool { return o.Name == in.Name })
	if err := checkTools(append(others, in)); err != nil {
		return Credentials{}, err
	}
	c := Credentials{User: in.Name, Password: ids.Secret(), InboxPrefix: InboxPrefix(in.Name), Domain: Domain}
	if len(in.follows(1)) > 0 {
		c.Consumer = IntegrationConsumer(in.Name)
	}
	if in.Password, err = hashSecret(c.Password); err != nil {
		return Credentials{}, err
	}
	if err := os.MkdirAll(integrationsDir(dir), 0o700); err != nil {
		return Credentials{}, fmt.Errorf("create the folder of integrations: %w", err)
	}
	if err := writeSecret(filepath.Join(integrationsDir(dir), in.Name+".json"), in); err != nil {
		return Credentials{}, err
	}
	c.URL, err = reloadRunning(ctx, dir)
	c.Active = c.URL != ""
	return c, err
}

// RemoveIntegration removes an integration; a running server cuts its
// connections at once (active), otherwise it is gone at the next start.
// errs.NotFound when there is none of that name.
func RemoveIntegration(ctx context.Context, dir, name string) (active bool, err error) {
	if err := (Integration{Name: name}).validate(); err != nil {
		return false, err
	}
	err = os.Remove(filepath.Join(integrationsDir(dir), name+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, errs.Wrap(err, errs.NotFound, "there is no integration %s", name)
	}
	if err != nil {
		return false, fmt.Errorf("remove the integration %s: %w", name, err)
	}
	url, err := reloadRunning(ctx, dir)
	return url != "", err
}

// reloadRunning tells the server of the data folder, if one runs and listens,
// to read the integrations; it returns that server's address.
func reloadRunning(ctx context.Context, dir string) (string, error) {
	c, err := readContext(CredentialsFile(dir))
	if errors.Is(err, fs.ErrNotExist) || err == nil && c.URL == "" {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	nc, err := nats.Connect(c.URL, nats.UserInfo(c.User, c.Password), nats.Timeout(2*time.Second), nats.Name("parley integration"))
	if err != nil {
		return "", nil // nobody, or somebody else, listens there: no server of this folder runs
	}
	defer nc.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	resp, err := nc.RequestWithContext(ctx, adminReload, nil)
	if err != nil {
		return "", fmt.Errorf("ask the running server to read the integrations: %w", err)
	}
	if reason := string(resp.Data); reason != "" {
		return "", fmt.Errorf("the running server did not take the integrations: %s", strings.TrimSpace(reason))
	}
	return c.URL, nil
}
