//go:build linux

package chaos

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"parley/e2e/harness"
	"parley/event"
	"parley/internal/bus"
	"parley/internal/ids"
)

// poison stores what no consumer can digest on the subjects of all of them.
// Whoever fails on it makes it a dead letter and goes on.
func poison(f *fleet) {
	f.lasts(time.Second)
	ctx, cancel := f.scope()
	defer cancel()
	log, err := f.world.stores.log(ctx)
	require.NoError(f.t, err)
	defer log.Close()
	stored := 0
	for i, data := range []string{"", "no JSON", `{"kind":7}`, `{"kind":"message","from":{"kind":"visitor"}}`, `{"kind":"assigned"}`, `[1,2]`, "\xff\xfe\x00"} {
		for _, subject := range []string{event.ChatSubject(ids.New()), "people.x", "agents.x", "kb.x", "evt.x.y", "in.x.y", "due.snooze.x", "due.x"} {
			msg := bus.Msg{Subject: subject, ID: fmt.Sprint("poison-", i, subject), Data: []byte(data), Header: map[string]string{event.HeaderKind: "message", event.HeaderActor: "visitor.x"}}
			_, err := log.Publish(ctx, msg)
			require.NoError(f.t, err, subject)
			stored++
		}
	}
	f.lasts(4 * time.Second)
	buried := map[string]int{}
	require.Eventually(f.t, func() bool {
		buried = f.deadLetters()
		return len(buried) > 0
	}, harness.Patience, 500*time.Millisecond, "nothing was buried")
	f.report.add("poison", stored)
	f.report.add("dead letters", buried)

	after := time.Now()
	fresh := f.visitors[0]
	conv, err := fresh.Open(ctx, "after-the-poison", "Is anybody there?")
	require.NoError(f.t, err)
	require.Eventually(f.t, func() bool {
		for _, v := range fresh.Views() {
			if v.Conv == conv {
				return slices.ContainsFunc(v.Events, func(e Event) bool { return e.Kind == "assigned" || e.Kind == "queued" })
			}
		}
		return false
	}, harness.Patience, 20*time.Millisecond, "nobody routes any more")
	f.report.add("routed after", time.Since(after))
}

// deadLetters counts them by consumer.
func (f *fleet) deadLetters() map[string]int {
	f.t.Helper()
	var list []struct{ Consumer string }
	out := f.world.desk.CLI("dlq", "list", "--json")
	require.NoError(f.t, json.Unmarshal([]byte(out), &list), out)
	count := map[string]int{}
	for _, l := range list {
		count[l.Consumer]++
	}
	return count
}
