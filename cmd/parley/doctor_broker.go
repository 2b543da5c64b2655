package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/internal/bus"
)

// examineBroker looks at NATS: whether it answers, what it keeps through a
// power cut, its clock, and the room that is left.
func (s *stack) examineBroker(ctx context.Context) []finding {
	started := time.Now()
	if err := s.bus.Ready(ctx); err != nil {
		return []finding{unseen("nats", err)}
	}
	took := time.Since(started)
	survey, err := s.bus.Survey(ctx)
	if err != nil {
		return []finding{unseen("nats", err)}
	}
	server := finding{Name: "nats", Level: levelOK, Detail: fmt.Sprintf("version %s, ready, answers in %s", survey.Version, took.Round(100*time.Microsecond))}
	if survey.Outdated {
		server.Level, server.Fix = levelWarning, "upgrade the NATS servers to "+bus.TestedVersion+" or newer, which Parley is tested with"
	}
	out := []finding{
		server,
		s.examineDurability(ctx, survey.Relaxed),
		examineClock(ctx, "NATS", s.bus.Clock),
		examineStore(&survey),
	}
	for _, stream := range survey.Streams {
		out = append(out, examineStream(stream))
	}
	for _, name := range survey.Silent {
		out = append(out, finding{Name: "lag", Of: name, Level: levelProblem, Detail: "does not answer", Fix: "start the NATS server that is away"})
	}
	return append(out, examineConsumers(survey.Consumers)...)
}

func (s *stack) examineDurability(ctx context.Context, relaxed bool) finding {
	unsafe, err := s.bus.Unsafe(ctx)
	switch {
	case err != nil:
		return unseen("durability", err)
	case len(unsafe) == 0:
		return finding{Name: "durability", Level: levelOK, Detail: "an acknowledged message survives a power cut"}
	case relaxed || s.cfg.Durability == "relaxed":
		return finding{
			Name: "durability", Level: levelWarning, Detail: "relaxed: a power cut may lose the last second of acknowledged messages",
			Fix: "run with --durability sync",
		}
	}
	return finding{
		Name: "durability", Level: levelProblem, Detail: "a power cut may lose acknowledged messages: " + strings.Join(unsafe, "; "),
		Fix: "change that, or accept it with --durability relaxed",
	}
}

const nearlyFull = 80 // percent

func examineStore(survey *bus.Survey) finding {
	f := finding{
		Name: "log", Level: levelOK, Detail: size(survey.Store) + " on disk",
		Figures: map[string]int64{"store_bytes": survey.Store, "limit_bytes": survey.MaxStore},
	}
	if survey.MaxStore > 0 {
		f.Detail = fmt.Sprintf("%s of %s on disk", size(survey.Store), size(survey.MaxStore))
		if survey.Store*100/survey.MaxStore >= nearlyFull {
			f.Level, f.Fix = levelProblem, "give it a larger disk: a full log refuses messages"
		}
	}
	return f
}

// examineStream compares a stream with its own limit: one that is full refuses.
func examineStream(stream bus.StreamStats) finding {
	f := finding{
		Name: "stream", Of: stream.Name, Level: levelOK, Detail: fmt.Sprintf("%d messages, %s", stream.Messages, size(int64(stream.Bytes))), //nolint:gosec // bytes of a disk
		Figures: map[string]int64{"messages": int64(stream.Messages), "bytes": int64(stream.Bytes), "limit_bytes": stream.MaxBytes}, //nolint:gosec // as above
	}
	if stream.MaxBytes <= 0 {
		return f
	}
	f.Detail += " of " + size(stream.MaxBytes)
	if full := int64(stream.Bytes) * 100 / stream.MaxBytes; full >= nearlyFull { //nolint:gosec // as above
		f.Level, f.Detail = levelProblem, fmt.Sprintf("%s: %d %% full", f.Detail, full)
		f.Fix = "make room before it is full: give the data folder a larger disk and start again, which raises the limits (docs/operating.md, Memory and disk)"
	}
	return f
}

const muchLag = 10_000 // messages

// examineConsumers gives one finding for each consumer, whatever its lag, with
// the streams it follows taken together.
func examineConsumers(consumers []bus.ConsumerStats) []finding {
	byName := map[string]*finding{}
	var names []string
	for _, c := range consumers {
		f := byName[c.Name]
		if f == nil {
			f = &finding{Name: "lag", Of: c.Name, Level: levelOK, Figures: map[string]int64{"pending_messages": 0, "running_messages": 0, "streams": 0}}
			byName[c.Name] = f
			names = append(names, c.Name)
		}
		f.Figures["pending_messages"] += int64(c.Pending) //nolint:gosec // counts of messages on a disk
		f.Figures["running_messages"] += int64(c.AckPending)
		f.Figures["streams"]++
	}
	slices.Sort(names)
	out := make([]finding, 0, len(names))
	for _, name := range names {
		f := byName[name]
		waiting := f.Figures["pending_messages"]
		f.Detail = fmt.Sprintf("%d messages to go, %d in work", waiting, f.Figures["running_messages"])
		if waiting > muchLag {
			f.Level = levelWarning
			f.Fix = "see parley dlq list and the log of the module; without a running server nobody works on them"
			if strings.HasPrefix(name, "integration-") {
				f.Fix = "the other system does not fetch its events; parley integration remove ends it"
			}
		}
		out = append(out, *f)
	}
	return out
}
