package plugin

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// seen is one request that reached the analyzer.
type seen struct {
	method, path, body string
	header             http.Header
}

// analyzerThat runs an HTTP server in the analyzer's place and keeps what it is asked.
func analyzerThat(t *testing.T, answers http.HandlerFunc) (*httptest.Server, *[]seen) {
	t.Helper()
	requests := &[]seen{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("request body: %v", err)
		}
		*requests = append(*requests, seen{r.Method, r.URL.String(), string(body), r.Header.Clone()})
		answers(w, r)
	}))
	t.Cleanup(server.Close)
	return server, requests
}

// says answers every request with the same status and body.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func settingsFor(url string) backend.DataSourceInstanceSettings {
	return backend.DataSourceInstanceSettings{UID: "tcpevents", Name: "TCP Events", Type: ID, URL: url, JSONData: []byte(`{}`)}
}

func open(t *testing.T, source backend.DataSourceInstanceSettings) *Datasource {
	t.Helper()
	instance, err := NewDatasource(context.Background(), source)
	if err != nil {
		t.Fatalf("the settings are refused: %v", err)
	}
	ds := instance.(*Datasource)
	t.Cleanup(ds.Dispose)
	return ds
}

func pluginContext(source backend.DataSourceInstanceSettings) backend.PluginContext {
	return backend.PluginContext{OrgID: 1, PluginID: ID, DataSourceInstanceSettings: &source}
}

var lastHour = backend.TimeRange{
	From: time.Date(2026, 1, 2, 11, 0, 0, 0, time.UTC),
	To:   time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC),
}

func asking(source backend.DataSourceInstanceSettings, models ...string) *backend.QueryDataRequest {
	req := &backend.QueryDataRequest{PluginContext: pluginContext(source), Headers: map[string]string{}}
	for i, model := range models {
		req.Queries = append(req.Queries, backend.DataQuery{
			RefID: string(rune('A' + i)), JSON: []byte(model), TimeRange: lastHour, Interval: 10 * time.Second, MaxDataPoints: 360,
		})
	}
	return req
}
