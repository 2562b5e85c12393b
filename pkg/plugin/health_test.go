package plugin

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

const numbers = `{"frames":[{"schema":{"fields":[{"name":"time","type":"time","typeInfo":{"frame":"time.Time"}},` +
	`{"name":"n","type":"number","typeInfo":{"frame":"float64","nullable":true}}]},"data":{"values":[[1,2,3],[40,null,2]]}}]}`

func TestHealthNeedsAnAnswerToAQuery(t *testing.T) {
	const state = `{"status":"ok","version":"0.1.0","capture":{"state":"running"}}`
	counted := `{"results":{"packets":` + numbers + `,"attempt.count":` + numbers + `,"ct.count":` + numbers + `,"rst.count":{"frames":[]}}}`
	for _, test := range []struct {
		name, health, query string
		healthStatus        int
		want                string
		ok                  bool
	}{
		{"all is well", state, counted, 200, "tcpscope 0.1.0 answers. Last hour: 42 segments, 42 attempts, 42 handshakes, 0 RST.", true},
		{"a degraded analyzer", strings.Replace(state, `"ok"`, `"degraded"`, 1), counted, 200, "The analyzer says of itself: degraded.", true},
		{"no analyzer", `<html>`, counted, 200, "not as a tcpscope analyzer", false},
		{"another service", `{"status":"ok"}`, counted, 200, "not as a tcpscope analyzer", false},
		{"a refusal", `{"code":"TCPS_E_API_TOKEN","message":"The token is missing."}`, counted, 401, "The token is missing. (TCPS_E_API_TOKEN)", false},
		{"queries that fail", state, `{"results":{"packets":{"error":"The store is gone.","status":500}}}`, 200, "a query fails: The store is gone.", false},
		{"queries without an answer", state, `{"results":{}}`, 200, "did not answer query packets", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			server, _ := analyzerThat(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/health") {
					says(test.healthStatus, test.health)(w, r)
				} else {
					says(http.StatusOK, test.query)(w, r)
				}
			})
			source := settingsFor(server.URL)
			result, err := open(t, source).CheckHealth(context.Background(), &backend.CheckHealthRequest{PluginContext: pluginContext(source)})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(result.Message, test.want) || (result.Status == backend.HealthStatusOk) != test.ok {
				t.Errorf("%v %q, want %q", result.Status, result.Message, test.want)
			}
			if !test.ok {
				return
			}
			var details struct {
				Version string          `json:"version"`
				Health  json.RawMessage `json:"health"`
				Packets float64         `json:"packets"`
			}
			if err := json.Unmarshal(result.JSONDetails, &details); err != nil || details.Version != "0.1.0" || details.Packets != 42 {
				t.Errorf("%s: %v", result.JSONDetails, err)
			}
		})
	}
}
