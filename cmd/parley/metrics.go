package main

import (
	"context"
	"fmt"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"parley/internal/bus"
	"parley/internal/metric"
)

// register adds the figures of the process itself, of the log and of
// PostgreSQL. What modules show, they register themselves.
//
// Figures of the log and of the database as a whole are the same wherever they
// are asked for. With an external NATS only processes that run chat ask, so that
// many gateways do not.
func (a *admin) register(r prometheus.Registerer, cfg *config) {
	for _, s := range []metric.Source{a.busSource(), a.poolSource(), diskSource(cfg.Data), buildSource()} {
		metric.Register(r, a.log, s)
	}
	if cfg.NATSURL != "" && !cfg.runs("chat") {
		return
	}
	for _, s := range []metric.Source{a.logSource(), a.readySource(), a.databaseSource()} {
		metric.Register(r, a.log, s)
	}
}

// busSource is what this process has to do with the log.
func (a *admin) busSource() metric.Source {
	return metric.Source{
		Name: "the bus",
		Figures: []metric.Figure{
			{Name: "parley_bus_connected", Help: "1 while this process is connected to NATS."},
			{Name: "parley_bus_publish_in_flight_messages", Help: "Messages whose confirmation is awaited."},
			{Name: "parley_bus_publish_in_flight_limit_messages", Help: "Messages of sockets beyond which further ones are refused as busy."},
			{Name: "parley_bus_publish_refused_total", Help: "Messages refused because so many were in flight.", Counter: true},
			{Name: "parley_bus_published_total", Help: "Messages stored.", Counter: true},
			{Name: "parley_bus_publish_retries_total", Help: "Tries to store a message beyond the first.", Counter: true},
			{Name: "parley_bus_publish_failed_total", Help: "Messages that could not be stored; their senders were told.", Counter: true},
			{Name: "parley_bus_live_queue_messages", Help: "Live events that wait to be handed to rooms, in the fullest of the queues."},
			{Name: "parley_bus_live_queue_limit_messages", Help: "Live events that a queue holds; further ones are dropped, and the conversation is compared with the log."},
			{Name: "parley_bus_subscription_queue_messages", Help: "Messages that wait for the handler of a subscription, in the fullest of the queues."},
			{Name: "parley_bus_subscription_queue_limit_messages", Help: "Messages that the queue of a subscription holds; further ones are dropped."},
			{Name: "parley_bus_slow_readers_total", Help: "Times a queue of live events or of a subscription was full.", Counter: true},
			{Name: "parley_bus_gaps_total", Help: "Conversations that were compared with the log because an event may have been missed.", Counter: true},
			{Name: "parley_bus_dead_letters_total", Help: "Messages that consumers of this process gave up.", Counter: true},
			{Name: "parley_bus_running_requests", Help: "Requests of other systems that are handled, of the service that handles most."},
			{Name: "parley_bus_limit_requests", Help: "Requests of other systems that a service handles at once; further ones are answered busy."},
			{Name: "parley_bus_refused_requests_total", Help: "Requests of other systems answered busy, because as many are handled as may be.", Counter: true},
			{Name: "parley_bus_held_leases", Help: "1 when this process does what only one may do, 0 when it waits to take over.", Labels: []string{"lease"}},
		},
		Ask: func(_ context.Context, put metric.Put) error {
			putBus(a.bus.Process(), put)
			return nil
		},
	}
}

func putBus(s bus.Process, put metric.Put) {
	put("parley_bus_connected", metric.Bool(s.Connected))
	put("parley_bus_publish_in_flight_messages", float64(s.PublishInFlight))
	put("parley_bus_publish_in_flight_limit_messages", float64(s.PublishLimit))
	put("parley_bus_publish_refused_total", float64(s.PublishRefused))
	put("parley_bus_published_total", float64(s.Published))
	put("parley_bus_publish_retries_total", float64(s.PublishRetries))
	put("parley_bus_publish_failed_total", float64(s.PublishFailed))
	put("parley_bus_live_queue_messages", float64(s.Live.Used))
	put("parley_bus_live_queue_limit_messages", float64(s.Live.Limit))
	put("parley_bus_subscription_queue_messages", float64(s.Subscriptions.Used))
	put("parley_bus_subscription_queue_limit_messages", float64(s.Subscriptions.Limit))
	put("parley_bus_slow_readers_total", float64(s.SlowReaders))
	put("parley_bus_gaps_total", float64(s.Gaps))
	put("parley_bus_dead_letters_total", float64(s.DeadLetters))
	put("parley_bus_running_requests", float64(s.Requests.Used))
	put("parley_bus_limit_requests", float64(s.Requests.Limit))
	put("parley_bus_refused_requests_total", float64(s.RequestsRefused))
	for lease, held := range s.Leases {
		put("parley_bus_held_leases", metric.Bool(held), lease)
	}
}

// logSource is the log as a whole.
func (a *admin) logSource() metric.Source {
	return metric.Source{
		Name: "the log",
		Figures: []metric.Figure{
			{Name: "parley_bus_store_bytes", Help: "Bytes of the log on disk."},
			{Name: "parley_bus_store_limit_bytes", Help: "Bytes the log may take on disk; absent when that is not known."},
			{Name: "parley_bus_memory_bytes", Help: "Bytes of streams in memory."},
			{Name: "parley_bus_stream_messages", Help: "Messages of a stream.", Labels: []string{"stream"}},
			{Name: "parley_bus_stream_bytes", Help: "Bytes of a stream.", Labels: []string{"stream"}},
			{Name: "parley_bus_stream_limit_bytes", Help: "Bytes a stream may have; a full one refuses messages.", Labels: []string{"stream"}},
			{Name: "parley_bus_consumer_pending_messages", Help: "Messages a consumer has not been given yet: its lag.", Labels: []string{"stream", "consumer"}},
			{Name: "parley_bus_consumer_ack_pending_messages", Help: "Messages a consumer works on, or waits for the turn of.", Labels: []string{"stream", "consumer"}},
			{Name: "parley_bus_dead_letter_messages", Help: "Dead letters, by the module that gave them up.", Labels: []string{"module"}},
			{Name: "parley_bus_waiting_timers", Help: "Timers that have not fired."},
		},
		Ask: a.askLog,
	}
}

func (a *admin) askLog(ctx context.Context, put metric.Put) error {
	s, err := a.bus.Figures(ctx)
	if err != nil {
		return err
	}
	put("parley_bus_store_bytes", float64(s.Store))
	put("parley_bus_memory_bytes", float64(s.Memory))
	if s.MaxStore > 0 {
		put("parley_bus_store_limit_bytes", float64(s.MaxStore))
	}
	for _, st := range s.Streams {
		put("parley_bus_stream_messages", float64(st.Messages), st.Name)
		put("parley_bus_stream_bytes", float64(st.Bytes), st.Name)
		put("parley_bus_stream_limit_bytes", float64(st.MaxBytes), st.Name)
	}
	for _, c := range s.Consumers {
		put("parley_bus_consumer_pending_messages", float64(c.Pending), c.Stream, c.Name)
		put("parley_bus_consumer_ack_pending_messages", float64(c.AckPending), c.Stream, c.Name)
	}
	dead, err := a.bus.DeadLetterCounts(ctx)
	if err != nil {
		return err
	}
	for _, module := range moduleNames {
		put("parley_bus_dead_letter_messages", float64(dead[module]), module)
		delete(dead, module)
	}
	for module, n := range dead { // of a version that had other modules
		put("parley_bus_dead_letter_messages", float64(n), module)
	}
	timers, err := a.bus.WaitingTimers(ctx)
	if err != nil {
		return err
	}
	put("parley_bus_waiting_timers", float64(timers))
	return nil
}

// readySource is apart from the log's figures, because those are missing when
// it matters most.
func (a *admin) readySource() metric.Source {
	return metric.Source{
		Name:    "the log's state",
		Figures: []metric.Figure{{Name: "parley_bus_ready", Help: "1 while the log can store: NATS is connected, JetStream answers and every stream of conversations has a leader."}},
		Ask: func(ctx context.Context, put metric.Put) error {
			put("parley_bus_ready", metric.Bool(a.bus.Ready(ctx) == nil))
			return nil
		},
	}
}

// poolSource is what this process has to do with PostgreSQL.
func (a *admin) poolSource() metric.Source {
	return metric.Source{
		Name: "the pool",
		Figures: []metric.Figure{
			{Name: "parley_pg_in_use_connections", Help: "Connections to PostgreSQL in use."},
			{Name: "parley_pg_idle_connections", Help: "Connections to PostgreSQL that wait for work."},
			{Name: "parley_pg_limit_connections", Help: "Connections this process may open (pool_max_conns of --database-url)."},
			{Name: "parley_pg_waits_total", Help: "Times somebody had to wait for a connection.", Counter: true},
			{Name: "parley_pg_waited_seconds_total", Help: "Time that was waited for connections.", Counter: true},
			{Name: "parley_pg_given_up_waits_total", Help: "Times somebody gave up waiting for a connection.", Counter: true},
		},
		Ask: func(_ context.Context, put metric.Put) error {
			s := a.db.Stat()
			put("parley_pg_in_use_connections", float64(s.AcquiredConns()))
			put("parley_pg_idle_connections", float64(s.IdleConns()))
			put("parley_pg_limit_connections", float64(s.MaxConns()))
			put("parley_pg_waits_total", float64(s.EmptyAcquireCount()))
			put("parley_pg_waited_seconds_total", s.EmptyAcquireWaitTime().Seconds())
			put("parley_pg_given_up_waits_total", float64(s.CanceledAcquireCount()))
			return nil
		},
	}
}

// databaseSource is PostgreSQL as a whole.
func (a *admin) databaseSource() metric.Source {
	return metric.Source{
		Name: "PostgreSQL",
		Figures: []metric.Figure{
			{Name: "parley_pg_up", Help: "1 while PostgreSQL answers."},
			{Name: "parley_pg_database_bytes", Help: "Bytes of the database."},
			{Name: "parley_bus_outbox_messages", Help: "Announcements in PostgreSQL that wait to be published."},
			{Name: "parley_bus_outbox_oldest_seconds", Help: "Age of the oldest announcement that waits to be published."},
		},
		Ask: func(ctx context.Context, put metric.Put) error {
			var size int64
			err := a.db.QueryRow(ctx, `SELECT pg_database_size(current_database())`).Scan(&size)
			put("parley_pg_up", metric.Bool(err == nil))
			if err != nil {
				return fmt.Errorf("ask for the size of the database: %w", err)
			}
			put("parley_pg_database_bytes", float64(size))
			waiting, oldest, err := a.bus.OutboxWaiting(ctx, a.db)
			if err != nil {
				return err
			}
			put("parley_bus_outbox_messages", float64(waiting))
			put("parley_bus_outbox_oldest_seconds", oldest.Seconds())
			return nil
		},
	}
}

// diskSource is the disk of the data folder.
func diskSource(data string) metric.Source {
	return metric.Source{
		Name: "the disk",
		Figures: []metric.Figure{
			{Name: "parley_disk_free_bytes", Help: "Bytes free for Parley on the disk of the data folder."},
			{Name: "parley_disk_size_bytes", Help: "Bytes of the disk of the data folder."},
		},
		Ask: func(_ context.Context, put metric.Put) error {
			var disk syscall.Statfs_t
			if err := syscall.Statfs(data, &disk); err != nil {
				return fmt.Errorf("look at the disk of %s: %w", data, err)
			}
			put("parley_disk_free_bytes", float64(disk.Bavail)*float64(disk.Bsize))
			put("parley_disk_size_bytes", float64(disk.Blocks)*float64(disk.Bsize))
			return nil
		},
	}
}

// buildSource tells versions apart in a graph of several processes.
func buildSource() metric.Source {
	return metric.Source{
		Name:    "the program",
		Figures: []metric.Figure{{Name: "parley_build_info", Help: "Always 1, with the version as a label.", Labels: []string{"version"}}},
		Ask: func(_ context.Context, put metric.Put) error {
			put("parley_build_info", 1, version())
			return nil
		},
	}
}

// metricsOf is the registry for what a module shows; nil when this process does
// not run it, because its figures would only repeat those of the one that does.
func (c *config) metricsOf(module string, r prometheus.Registerer) prometheus.Registerer {
	if !c.runs(module) {
		return nil
	}
	return r
}
