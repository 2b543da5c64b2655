// Command order-status answers the tool order.status: a flow, or the language
// model, asks it where an order is. See README.md.
package main

import (
	"encoding/json"
	"log"
	"os"
	"os/signal"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// orders stands for a shop's database.
func orders() map[string]string {
	return map[string]string{"A-12345": "on its way", "A-12346": "being packed", "A-12347": "delivered"}
}

func answer(r micro.Request) {
	var in struct{ Number string }
	if err := json.Unmarshal(r.Data(), &in); err != nil {
		_ = r.Error("invalid", "the input is no JSON object", nil)
		return
	}
	status, ok := orders()[in.Number]
	if !ok {
		_ = r.Error("not_found", "there is no order "+in.Number, nil)
		return
	}
	log.Printf("order %s: %s (request %s)", in.Number, status, r.Headers().Get("Parley-Request-Id"))
	_ = r.RespondJSON(map[string]string{"status": status})
}

func main() {
	nc, err := nats.Connect(os.Getenv("NATS_URL"), nats.UserInfo(os.Getenv("NATS_USER"), os.Getenv("NATS_PASSWORD")), nats.MaxReconnects(-1))
	if err != nil {
		log.Fatal(err)
	}
	service, err := micro.AddService(nc, micro.Config{Name: "orders", Version: "1.0.0", Description: "Orders of the shop"})
	if err == nil {
		err = service.AddEndpoint("status", micro.HandlerFunc(answer), micro.WithEndpointSubject("tool.order.status"), micro.WithEndpointMetadata(map[string]string{
			"description":   "Tells where an order is",
			"input_schema":  `{"type":"object","required":["number"],"properties":{"number":{"type":"string","pattern":"^[A-Z]-[0-9]+$"}}}`,
			"output_schema": `{"type":"object","required":["status"],"properties":{"status":{"type":"string","examples":["on its way"]}}}`,
		}))
	}
	if err != nil {
		log.Fatal(err)
	}
	log.Print("order.status is offered")
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	<-stop
}
