package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Target is the deployment under load.
type Target struct {
	URL   string   // http(s)://host[:port] of the gateways
	Admin []string // admin listeners of all its processes; none: no processor time and memory
	Data  string   // data folder of a server on this machine, "" for none: PostgreSQL's processor time
	Key   string   // key of an inbox whose bot is off
	// Tokens are API tokens, or sessions, of agents who may watch the inbox's
	// conversations. Sockets take them in turn.
	Tokens []string
	// BotKey is the key of an inbox whose bot answers; "" skips the bot.
	BotKey string
}

const loaders = 16 // set-up requests at a time

// each runs the set-up of n things, some at a time.
func each(ctx context.Context, n int, prepare func(ctx context.Context, i int) error) error {
	return eachOf(ctx, n, loaders, prepare)
}

// eachOf is each with so many at a time.
func eachOf(ctx context.Context, n, atOnce int, prepare func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return prepare(ctx, i)
		})
	}
	return g.Wait()
}

// request speaks HTTP; in, when not nil, goes as JSON.
func (b *Bench) request(ctx context.Context, method, url, token string, in any) ([]byte, error) {
	var body io.Reader = http.NoBody
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return nil, fmt.Errorf("%s %s: %w", method, url, refused(resp.StatusCode, strings.TrimSpace(string(answer))))
	}
	return answer, nil
}

// visitor gets the token of a new visitor.
func (b *Bench) visitor(ctx context.Context, key string) (string, error) {
	raw, err := b.request(ctx, http.MethodPost, b.cfg.Target.URL+"/api/v1/visitors", "", map[string]string{"inbox": key})
	if err != nil {
		return "", err
	}
	var grant struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(raw, &grant); err != nil {
		return "", fmt.Errorf("read a visitor's token: %w", err)
	}
	return grant.Token, nil
}
