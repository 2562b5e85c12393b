package plugin

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// resettingAnalyzer answers the first request of each connection and resets the connection when it reads a second one, as
// a server does whose time for idle connections ran out while that request was under way.
func resettingAnalyzer(t *testing.T, body string) (url string, resets *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	resets = &atomic.Int32{}
	serve := func(connection *net.TCPConn) {
		defer func() { _ = connection.Close() }()
		requests := bufio.NewReader(connection)
		request, err := http.ReadRequest(requests)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		answer := http.Response{
			StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{"Content-Type": {"application/json"}},
			Body:   io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}
		if answer.Write(connection) != nil {
			return
		}
		if _, err := requests.Peek(1); err == nil {
			resets.Add(1)
			_ = connection.SetLinger(0)
		}
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(connection.(*net.TCPConn))
		}
	}()
	return "http://" + listener.Addr().String(), resets
}

func TestAKeptConnectionThatWasClosedIsNoError(t *testing.T) {
	url, resets := resettingAnalyzer(t, `{"results":{"A":{"frames":[]}}}`)
	source := settingsFor(url)
	ds := open(t, source)
	for range 5 {
		response, err := ds.QueryData(context.Background(), asking(source, `{"kind":"top"}`))
		if err != nil {
			t.Fatal(err)
		}
		if answer := response.Responses["A"]; answer.Error != nil {
			t.Error(answer.Error)
		}
		if got := callResource(t, ds, "POST", "filter", `{"text":"x"}`); got.Status != http.StatusOK {
			t.Errorf("an editor's request: %d %s", got.Status, got.Body)
		}
	}
	if resets.Load() == 0 {
		t.Error("no kept connection was used again: nothing was shown")
	}
}
