// Who may read and write what on this relay?
package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fiatjaf/khatru"
	"github.com/fiatjaf/khatru/policies"
	"github.com/nbd-wtf/go-nostr"
	"github.com/nbd-wtf/go-nostr/nip13"
)

const (
	authNone    = "none"
	authPrivate = "dm"
	authAll     = "all"
)

// NIP-04 messages and gift wraps, stored or ephemeral: served only to their recipient or author.
// Writing a gift wrap needs no AUTH in `dm` mode, as its author key is a throw-away one.
var privateKinds = []int{4, 1059, 21059}

func isPrivate(kind int) bool { return slices.Contains(privateKinds, kind) }

// mayMatchPrivate: a filter without kinds and ids could match anything; what it finds by id is sifted afterwards.
func mayMatchPrivate(filter nostr.Filter) bool {
	if len(filter.Kinds) == 0 {
		return len(filter.IDs) == 0
	}
	return slices.ContainsFunc(filter.Kinds, isPrivate)
}

func asksForOwn(filter nostr.Filter, reader string) bool {
	return slices.Equal(filter.Tags["p"], []string{reader}) || slices.Equal(filter.Authors, []string{reader})
}

func mayRead(reader string, event *nostr.Event) bool {
	return !isPrivate(event.Kind) || (reader != "" && (event.PubKey == reader || event.Tags.ContainsAny("p", []string{reader})))
}

func applyRules(relay *khatru.Relay, s settings) {
	if s.eagerAuth {
		relay.OnConnect = append(relay.OnConnect, khatru.RequestAuth)
	}
	relay.RejectFilter = append(relay.RejectFilter, s.rejectFilter)
	relay.RejectEvent = append(relay.RejectEvent, s.rejectEvent)
	if s.auth != authNone {
		relay.QueryEvents[0] = readableOnly(relay.QueryEvents[0])
		// a live subscription by id is sifted here
		relay.PreventBroadcast = append(relay.PreventBroadcast, func(ws *khatru.WebSocket, event *nostr.Event) bool {
			return !mayRead(ws.AuthedPublicKey, event)
		})
	}
	if s.eventRate > 0 {
		relay.RejectEvent = append(relay.RejectEvent, policies.EventIPRateLimiter(s.eventRate, time.Second, 2*s.eventRate))
	}
	if s.reqRate > 0 {
		relay.RejectFilter = append(relay.RejectFilter, policies.FilterIPRateLimiter(s.reqRate, time.Second, 2*s.reqRate))
	}
	if s.connRate > 0 {
		relay.RejectConnection = append(relay.RejectConnection, policies.ConnectionRateLimiter(s.connRate, time.Minute, s.connRate))
	}
}

type query = func(context.Context, nostr.Filter) (chan *nostr.Event, error)

// readableOnly drops what the reader of this connection may not see.
func readableOnly(all query) query {
	return func(ctx context.Context, filter nostr.Filter) (chan *nostr.Event, error) {
		events, err := all(ctx, filter)
		if err != nil || khatru.GetConnection(ctx) == nil {
			return events, err // the relay's own queries (deletion, expiry) have no connection and see everything
		}
		readable := make(chan *nostr.Event)
		go func() {
			defer close(readable)
			for event := range events {
				if mayRead(khatru.GetAuthed(ctx), event) {
					readable <- event
				}
			}
		}()
		return readable, nil
	}
}

func (s settings) rejectFilter(ctx context.Context, filter nostr.Filter) (bool, string) {
	reader := khatru.GetAuthed(ctx)
	private := s.auth != authNone && mayMatchPrivate(filter)
	switch {
	case reader == "" && (private || s.auth == authAll):
		return true, "auth-required: authenticate to read this"
	case private && !asksForOwn(filter, reader):
		return true, "restricted: name the kinds, and for private ones set #p to your own key"
	}
	return false, ""
}

func (s settings) rejectEvent(ctx context.Context, event *nostr.Event) (bool, string) {
	switch {
	case s.auth == authAll && khatru.GetAuthed(ctx) == "":
		return true, "auth-required: authenticate to write"
	case event.Kind == s.blockKind:
		return true, "blocked: this kind is not welcome here"
	case s.maxContent > 0 && len(event.Content) > s.maxContent:
		return true, "invalid: content too large"
	case s.minPow > 0 && (nip13.Difficulty(event.ID) < s.minPow || nip13.CommittedDifficulty(event) < s.minPow):
		return true, fmt.Sprintf("pow: difficulty %d is needed", s.minPow)
	case s.maxFuture > 0 && event.CreatedAt.Time().After(time.Now().Add(s.maxFuture)):
		return true, "invalid: event too much in the future"
	}
	return false, ""
}
