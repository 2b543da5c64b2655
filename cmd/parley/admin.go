package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"parley/internal/bus"
	"parley/internal/pg"
)

// admin is the listener for operators: metrics, health and profiles. It belongs
// on a loopback or private address.
type admin struct {
	registry *prometheus.Registry
	log      *slog.Logger
	bus      *bus.Bus
	db       *pg.DB
	draining atomic.Bool
}

func newAdmin(s *stack) *admin {
	a := &admin{registry: prometheus.NewRegistry(), log: s.log, bus: s.bus, db: s.db}
	a.registry.MustRegister(
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.GoRuntimeMetricsRule{Matcher: garbageTime()})),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	a.register(a.registry, s.cfg)
	return a
}

// garbageTime names the runtime's counter of what collecting garbage takes; it
// is not among the default metrics.
func garbageTime() *regexp.Regexp { return regexp.MustCompile(`^/cpu/classes/gc/total:cpu-seconds$`) }

// run serves until ctx ends; an empty address serves nothing.
func (a *admin) run(ctx context.Context, addr string) error {
	if addr == "" {
		<-ctx.Done()
		return nil
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on --admin-addr: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() {
		down, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(down) // what is still open then is closed with the process
	})
	defer stop()
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve --admin-addr: %w", err)
	}
	return nil
}

// readiness is the body of /readyz. Without PostgreSQL chat goes on, so that
// is degraded and ready.
type readiness struct {
	Ready    bool   `json:"ready"`
	NATS     string `json:"nats"`
	Postgres string `json:"postgres"`
	Draining bool   `json:"draining,omitempty"`
}

func (a *admin) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	state := readiness{Ready: true, NATS: "ok", Postgres: "ok", Draining: a.draining.Load()}
	if err := a.bus.Ready(ctx); err != nil {
		state.Ready, state.NATS = false, err.Error()
	}
	if err := a.db.Ping(ctx); err != nil {
		state.Postgres = "degraded: " + err.Error()
	}
	if state.Draining {
		state.Ready = false
	}
	w.Header().Set("Content-Type", "application/json")
	if !state.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(state) // the prober has gone when this fails
}
