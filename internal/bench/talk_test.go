package bench

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestExactness(t *testing.T) {
	t.Parallel()
	const event = `{"type":"event","conv":"kq3b","seq":SEQ,"prev":PREV,"cid":"b0-N-5","kind":"message"}`
	frame := func(seq, prev, n string) string {
		return strings.NewReplacer("SEQ", seq, "PREV", prev, "N", n).Replace(event)
	}
	for name, c := range map[string]struct {
		frames []string
		fails  string
	}{
		"in order":               {[]string{frame("4", "2", "0"), frame("7", "4", "1")}, ""},
		"another event between":  {[]string{frame("4", "2", "0"), `{"type":"event","conv":"kq3b","seq":5,"prev":4,"kind":"queued"}`, frame("7", "5", "1")}, ""},
		"one is missing":         {[]string{frame("4", "2", "0"), frame("7", "5", "2")}, "and not after 4"},
		"out of order":           {[]string{frame("7", "4", "1"), frame("4", "2", "0")}, "and not after 7"},
		"the same again":         {[]string{frame("4", "2", "0"), frame("4", "2", "0")}, "and not after 4"},
		"twice under two places": {[]string{frame("4", "2", "0"), frame("7", "4", "0")}, "read twice"},
		"of somebody else":       {[]string{`{"type":"event","conv":"zzzz","seq":5,"prev":4,"kind":"queued"}`}, "not watched"},
		"refused":                {[]string{`{"type":"error","code":"not_found","message":"no"}`}, "refuses"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &watched{}
			k := &talk{start: time.Now(), copies: 1, settled: make(chan struct{}, 1)}
			r := &reader{convs: map[string]*watched{"kq3b": w}, list: []*watched{w}}
			var err error
			for _, o := range c.frames {
				if err = k.onAgent(r, []byte(o)); err != nil {
					break
				}
			}
			if c.fails == "" {
				require.NoError(t, err)
				require.EqualValues(t, 2, k.read.Load())
				return
			}
			require.ErrorContains(t, err, c.fails)
		})
	}
}

func TestAckTwice(t *testing.T) {
	t.Parallel()
	k := &talk{start: time.Now(), copies: 1, settled: make(chan struct{}, 1)}
	c := &conversation{}
	ack := []byte(`{"type":"ack","cid":"b0-0-5","conv":"kq3b","seq":4}`)
	require.NoError(t, k.onVisitor(c, ack))
	require.ErrorContains(t, k.onVisitor(c, ack), "came twice")
}

func TestPageChain(t *testing.T) {
	t.Parallel()
	const page = `{"type":"page","conv":"k","events":[{"seq":3,"prev":0,"kind":"opened"},{"seq":5,"prev":3,"cid":"b0-0-1"},{"seq":9,"prev":5,"cid":"b0-1-1"}],"more":false}`
	first, messages, err := chain([]byte(page), 10)
	require.NoError(t, err)
	require.Equal(t, 3, first)
	require.Equal(t, 2, messages)
	_, _, err = chain([]byte(page), 9)
	require.ErrorContains(t, err, "ends before 9")
	_, _, err = chain([]byte(strings.Replace(page, `"prev":5`, `"prev":4`, 1)), 10)
	require.ErrorContains(t, err, "has a hole")
}

// The loops run against the relay, which speaks the same frames.
func TestLoopsAgainstTheRelay(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- ServeRelay(ctx, in) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	url := strings.TrimSpace(line)
	b := New(Config{
		Target: Target{URL: url, Admin: []string{url}, Tokens: []string{"any"}}, Conversations: 45, Readers: 7,
		Rates: []int{500, 1000}, Duration: 100 * time.Millisecond, Runs: 2, Sockets: 20,
	})
	require.NoError(t, b.Run(ctx, []string{"closed", "open", "fanout", "idle"}))
	for scenario, name := range map[string]string{
		"closed": figureRate, "open, 500/s": figureRate, "open, 1000/s": figureRate, "fanout": "deliveries", "idle": "connect, all in turn",
	} {
		f := b.Report().find(scenario, name)
		require.NotNil(t, f, "%s: %s", scenario, name)
		require.Positive(t, f.Median, "%s: %s", scenario, name)
	}
	var table strings.Builder
	require.NoError(t, b.Report().Print(&table))
	require.Contains(t, table.String(), "lowest – highest")
	stop()
	require.NoError(t, <-ended)
}
