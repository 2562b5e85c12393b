package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// healthSpan is how far back the health check counts.
const healthSpan = time.Hour

// healthCounts are the metrics that the health check asks for, with the words that name them.
var healthCounts = []struct{ metric, words string }{
	{"packets", "segments"},
	{"attempt.count", "attempts"},
	{"ct.count", "handshakes"},
	{"rst.count", "RST"},
}

// analyzerHealth is what the check reads of the analyzer's health document; the rest is passed on.
type analyzerHealth struct {
	Status  string `json:"status"`
	Version string `json:"version"`
}

// CheckHealth asks the analyzer for its state and then a real query, through the same path as a panel: a data source
// that only proves that a port is open has said nothing about its answers.
func (d *Datasource) CheckHealth(ctx context.Context, req *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	body, err := d.analyzer.call(ctx, http.MethodGet, "health", nil, nil)
	if err != nil {
		return unhealthy(err), nil
	}
	var state analyzerHealth
	if err := json.Unmarshal(body, &state); err != nil || state.Version == "" {
		return unhealthy(fmt.Errorf("%s answers, but not as a tcpscope analyzer. Check the URL", d.analyzer.base)), nil
	}

	counts, err := d.count(ctx, req.PluginContext, time.Now())
	if err != nil {
		return unhealthy(fmt.Errorf("the analyzer %s is there, but a query fails: %w", state.Version, err)), nil
	}
	parts := make([]string, len(healthCounts))
	details := map[string]any{"version": state.Version, "health": json.RawMessage(body)}
	for i, count := range healthCounts {
		parts[i] = fmt.Sprintf("%.0f %s", counts[i], count.words)
		details[count.metric] = counts[i]
	}
	message := fmt.Sprintf("tcpscope %s answers. Last hour: %s.", state.Version, strings.Join(parts, ", "))
	if state.Status != "" && state.Status != "ok" {
		message += fmt.Sprintf(" The analyzer says of itself: %s.", state.Status)
	}
	encoded, err := json.Marshal(details)
	if err != nil {
		return nil, err
	}
	return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: message, JSONDetails: encoded}, nil
}

// count sums each of healthCounts over the last healthSpan.
func (d *Datasource) count(ctx context.Context, plugin backend.PluginContext, now time.Time) ([]float64, error) {
	req := &backend.QueryDataRequest{PluginContext: plugin}
	for _, count := range healthCounts {
		model, err := json.Marshal(map[string]any{"kind": "timeseries", "metrics": []string{count.metric}, "scope": "flows"})
		if err != nil {
			return nil, err
		}
		req.Queries = append(req.Queries, backend.DataQuery{
			RefID: count.metric, JSON: model, Interval: healthSpan, MaxDataPoints: 1,
			TimeRange: backend.TimeRange{From: now.Add(-healthSpan), To: now},
		})
	}
	answers, err := d.QueryData(ctx, req)
	if err != nil {
		return nil, err
	}
	counts := make([]float64, len(healthCounts))
	for i, count := range healthCounts {
		answer := answers.Responses[count.metric]
		if answer.Error != nil {
			return nil, answer.Error
		}
		counts[i] = total(answer.Frames)
	}
	return counts, nil
}

// total of every number in the frames; a missing value adds nothing.
func total(frames data.Frames) float64 {
	sum := 0.0
	for _, frame := range frames {
		for _, field := range frame.Fields {
			if !field.Type().Numeric() {
				continue
			}
			for i := range field.Len() {
				if value, err := field.NullableFloatAt(i); err == nil && value != nil {
					sum += *value
				}
			}
		}
	}
	return sum
}

func unhealthy(err error) *backend.CheckHealthResult {
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: err.Error()}
}
