// How does a relay that guards private messages behave? A small khatru relay whose rules are flags.
//
//	auth-relay --port 0     prints `ready ws://127.0.0.1:PORT`; SIGTERM or SIGINT stops it with exit code 0
//
// Do not go below khatru 0.19: in 0.17.4 the first refusal of a PreventBroadcast hook ends the loop over all
// listeners, so one foreign subscriber silences the rightful one.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/fiatjaf/eventstore"
	"github.com/fiatjaf/eventstore/badger"
	"github.com/fiatjaf/eventstore/slicestore"
	"github.com/fiatjaf/khatru"
	"github.com/nbd-wtf/go-nostr/nip11"
)

type settings struct {
	port       int
	dir        string
	auth       string
	eagerAuth  bool
	maxMessage int64
	maxContent int
	minPow     int
	maxFuture  time.Duration
	eventRate  int
	reqRate    int
	connRate   int
	blockKind  int
}

func parseFlags() settings {
	var s settings
	flag.IntVar(&s.port, "port", 0, "listen port (0 = any free one, see the ready line)")
	flag.StringVar(&s.dir, "dir", "", "keep events in this folder over restarts (badger); empty = memory")
	flag.StringVar(&s.auth, "auth", "dm", "none | dm (private kinds: only the AUTHed recipient reads) | all (AUTH for every read and write)")
	flag.BoolVar(&s.eagerAuth, "eager-auth", true, "send the AUTH challenge on connect, not only with a refusal")
	flag.Int64Var(&s.maxMessage, "max-message", 16384, "largest websocket message in bytes; a larger one closes the connection without an OK")
	flag.IntVar(&s.maxContent, "max-content", 0, "largest event content in bytes (0 = no limit); answered with OK false")
	flag.IntVar(&s.minPow, "min-pow", 0, "NIP-13 difficulty demanded of every event, committed in its nonce tag")
	flag.DurationVar(&s.maxFuture, "max-future", 15*time.Minute, "refuse events dated further ahead (0 = accept)")
	flag.IntVar(&s.eventRate, "event-rate", 0, "events per second and IP (burst = 2x; 0 = no limit)")
	flag.IntVar(&s.reqRate, "req-rate", 0, "filters per second and IP (burst = 2x; 0 = no limit)")
	flag.IntVar(&s.connRate, "conn-rate", 0, "new connections per minute and IP (0 = no limit)")
	flag.IntVar(&s.blockKind, "block-kind", -1, "refuse this kind with `blocked:`")
	flag.Parse()
	if s.auth != authNone && s.auth != authPrivate && s.auth != authAll {
		log.Fatal("--auth: none, dm or all")
	}
	return s
}

func openStore(dir string) eventstore.Store {
	var store eventstore.Store = &slicestore.SliceStore{MaxLimit: 5000}
	if dir != "" {
		store = &badger.BadgerBackend{Path: dir, MaxLimit: 5000}
	}
	if err := store.Init(); err != nil {
		log.Fatal(err)
	}
	return store
}

func newRelay(s settings, store eventstore.Store) *khatru.Relay {
	relay := khatru.NewRelay()
	relay.Log = log.New(io.Discard, "", 0)
	relay.Info.Name, relay.Info.Description, relay.Info.Version = "auth-relay", "khatru relay for tests", "1"
	relay.Info.Limitation = &nip11.RelayLimitationDocument{
		MaxMessageLength: int(s.maxMessage),
		MaxContentLength: s.maxContent,
		MinPowDifficulty: s.minPow,
		AuthRequired:     s.auth == authAll,
	}
	relay.MaxMessageSize = s.maxMessage
	relay.StoreEvent = append(relay.StoreEvent, store.SaveEvent)
	relay.ReplaceEvent = append(relay.ReplaceEvent, store.ReplaceEvent)
	relay.DeleteEvent = append(relay.DeleteEvent, store.DeleteEvent)
	relay.QueryEvents = append(relay.QueryEvents, store.QueryEvents)
	return relay
}

func main() {
	s := parseFlags()
	store := openStore(s.dir)
	relay := newRelay(s, store)
	applyRules(relay, s)

	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
	if err != nil {
		log.Fatal(err)
	}
	relay.ServiceURL = "ws://" + listener.Addr().String() // the `relay` tag of an AUTH event is checked against this
	server := &http.Server{Handler: relay}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	fmt.Println("ready", relay.ServiceURL)

	<-stop
	server.Close()
	store.Close()
}
