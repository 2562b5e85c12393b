package plugin

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// callResource goes through the SDK's adapter, as Grafana does.
func callResource(t *testing.T, ds *Datasource, method, url, body string) *backend.CallResourceResponse {
	t.Helper()
	var got *backend.CallResourceResponse
	path, _, _ := strings.Cut(url, "?")
	req := &backend.CallResourceRequest{Method: method, Path: path, URL: url, Body: []byte(body)}
	err := ds.CallResource(context.Background(), req, backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error {
		if got == nil {
			got = r
		} else {
			got.Body = append(got.Body, r.Body...)
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestEditorsReachTheirRoutesAndNoOther(t *testing.T) {
	for _, test := range []struct {
		method, url, body string
		reaches           string
	}{
		{"GET", "fields", "", "GET /api/v1/fields"},
		{"GET", "values?field=client.ip&search=10.&limit=5&from=1&to=2", "", "GET /api/v1/values?field=client.ip&from=1&limit=5&search=10.&to=2"},
		{"GET", "values?field=a&admin=true&field=b", "", "GET /api/v1/values?field=a"},
		{"POST", "filter", `{"text":"x"}`, "POST /api/v1/filter"},
		{"GET", "filter", "", ""},
		{"POST", "fields", "", ""},
		{"DELETE", "values", "", ""},
		{"POST", "query", "{}", ""},
		{"GET", "connections/1", "", ""},
		{"GET", "fields/../query", "", ""},
		{"GET", "fields/", "", ""},
		{"GET", "", "", ""},
	} {
		t.Run(test.method+" "+test.url, func(t *testing.T) {
			server, requests := analyzerThat(t, says(http.StatusOK, `{"values":[]}`))
			response := callResource(t, open(t, settingsFor(server.URL)), test.method, test.url, test.body)
			if test.reaches == "" {
				if len(*requests) != 0 || response.Status < 300 {
					t.Errorf("status %d, %d requests", response.Status, len(*requests))
				}
				return
			}
			if len(*requests) != 1 {
				t.Fatalf("%d requests, status %d: %s", len(*requests), response.Status, response.Body)
			}
			got := (*requests)[0]
			if got.method+" "+got.path != test.reaches || got.body != test.body {
				t.Errorf("asked %s %s with %q", got.method, got.path, got.body)
			}
			if response.Status != 200 || string(response.Body) != `{"values":[]}` {
				t.Errorf("%d %s", response.Status, response.Body)
			}
		})
	}
}

func TestAResourceKeepsTheAnalyzersError(t *testing.T) {
	body := `{"code":"TCPS_E_FILTER_LIMIT","message":"The filter is too long.","position":{"start":3,"end":9},"hint":"x"}`
	server, _ := analyzerThat(t, says(http.StatusBadRequest, body))
	response := callResource(t, open(t, settingsFor(server.URL)), "POST", "filter", `{}`)
	if response.Status != http.StatusBadRequest || string(response.Body) != body {
		t.Errorf("%d %s", response.Status, response.Body)
	}
}

func TestAResourceThatIsNoJSONDoesNotReachTheBrowser(t *testing.T) {
	server, _ := analyzerThat(t, says(http.StatusOK, `<script>`))
	response := callResource(t, open(t, settingsFor(server.URL)), "GET", "fields", "")
	if response.Status != http.StatusBadGateway || strings.Contains(string(response.Body), "<script>") {
		t.Errorf("%d %s", response.Status, response.Body)
	}
}

func TestARequestTooLargeIsRefused(t *testing.T) {
	server, requests := analyzerThat(t, says(http.StatusOK, `{}`))
	response := callResource(t, open(t, settingsFor(server.URL)), "POST", "filter", strings.Repeat("x", maxRequestBytes+1))
	if response.Status != http.StatusRequestEntityTooLarge || len(*requests) != 0 {
		t.Errorf("%d, %d requests", response.Status, len(*requests))
	}
}
