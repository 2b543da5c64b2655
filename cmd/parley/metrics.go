package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"parley/internal/bus"
)

// busCollector turns the bus's numbers into metrics when they are asked for.
type busCollector struct{ bus *bus.Bus }

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("parley_bus_"+name, help, labels, nil)
}

// busDescs are the metrics of the event log, by what they measure.
func busDescs() map[string]*prometheus.Desc {
	return map[string]*prometheus.Desc{
		"connected":        gauge("connected", "1 when connected to NATS."),
		"in_flight":        gauge("publish_in_flight", "Messages whose confirmation is awaited."),
		"published":        gauge("published_total", "Messages stored."),
		"retries":          gauge("publish_retries_total", "Tries beyond the first."),
		"failed":           gauge("publish_failed_total", "Messages that could not be stored."),
		"slow":             gauge("slow_readers_total", "Times a live channel was full."),
		"gaps":             gauge("gaps_total", "Conversations that were compared with the log after a loss."),
		"store":            gauge("store_bytes", "Bytes of the log on disk."),
		"max_store":        gauge("store_limit_bytes", "Bytes the log may take on disk."),
		"memory":           gauge("memory_bytes", "Bytes of streams in memory."),
		"stream_messages":  gauge("stream_messages", "Messages of a stream.", "stream"),
		"stream_bytes":     gauge("stream_bytes", "Bytes of a stream.", "stream"),
		"stream_limit":     gauge("stream_limit_bytes", "Bytes a stream may have.", "stream"),
		"consumer_pending": gauge("consumer_pending", "Messages a consumer has not been given yet: its lag.", "stream", "consumer"),
		"consumer_ack":     gauge("consumer_ack_pending", "Messages a consumer works on.", "stream", "consumer"),
	}
}

func (c busCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range busDescs() {
		ch <- d
	}
}

func (c busCollector) Collect(ch chan<- prometheus.Metric) {
	s, d := c.bus.Stats(), busDescs()
	connected := 0.0
	if s.Connected {
		connected = 1
	}
	put := func(kind prometheus.ValueType, name string, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d[name], kind, value, labels...)
	}
	put(prometheus.GaugeValue, "connected", connected)
	put(prometheus.GaugeValue, "in_flight", float64(s.PublishInFlight))
	put(prometheus.CounterValue, "published", float64(s.Published))
	put(prometheus.CounterValue, "retries", float64(s.PublishRetries))
	put(prometheus.CounterValue, "failed", float64(s.PublishFailed))
	put(prometheus.CounterValue, "slow", float64(s.SlowReaders))
	put(prometheus.CounterValue, "gaps", float64(s.Gaps))
	put(prometheus.GaugeValue, "store", float64(s.Store))
	put(prometheus.GaugeValue, "max_store", float64(s.MaxStore))
	put(prometheus.GaugeValue, "memory", float64(s.Memory))
	for _, st := range s.Streams {
		put(prometheus.GaugeValue, "stream_messages", float64(st.Messages), st.Name)
		put(prometheus.GaugeValue, "stream_bytes", float64(st.Bytes), st.Name)
		put(prometheus.GaugeValue, "stream_limit", float64(st.MaxBytes), st.Name)
	}
	for _, co := range s.Consumers {
		put(prometheus.GaugeValue, "consumer_pending", float64(co.Pending), co.Stream, co.Name)
		put(prometheus.GaugeValue, "consumer_ack", float64(co.AckPending), co.Stream, co.Name)
	}
}
