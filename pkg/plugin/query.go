package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// envelopeKeys are Grafana's additions to a saved query. They are not part of the query model.
var envelopeKeys = []string{"datasource", "datasourceId", "hide", "key", "queryType", "timeRange"}

// QueryData asks the analyzer all queries of a request at once and passes its document on.
func (d *Datasource) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	response := backend.NewQueryDataResponse()
	queries := make([]map[string]json.RawMessage, 0, len(req.Queries))
	for _, query := range req.Queries {
		flat, err := flatten(query)
		if err != nil {
			response.Responses[query.RefID] = failed(backend.StatusBadRequest, err)
			continue
		}
		queries = append(queries, flat)
	}
	if len(queries) == 0 {
		return response, nil
	}

	answers, err := d.ask(ctx, queries, req.Headers[backend.FromAlertHeaderName] == "true")
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	for _, query := range req.Queries {
		if _, done := response.Responses[query.RefID]; done {
			continue
		}
		if err != nil {
			response.Responses[query.RefID] = failed(statusOf(err), err)
			continue
		}
		response.Responses[query.RefID] = finish(answers, query.RefID, req.PluginContext.DataSourceInstanceSettings)
	}
	return response, nil
}

// flatten merges a saved query with what Grafana decides at run time, the way the analyzer takes it: one flat object, times
// in milliseconds since 1970.
func flatten(query backend.DataQuery) (map[string]json.RawMessage, error) {
	flat := map[string]json.RawMessage{}
	if len(query.JSON) > 0 {
		if err := json.Unmarshal(query.JSON, &flat); err != nil {
			return nil, fmt.Errorf("the saved query is not an object: %w", err)
		}
	}
	if flat == nil { // the JSON was null
		flat = map[string]json.RawMessage{}
	}
	for _, key := range envelopeKeys {
		delete(flat, key)
	}
	for key, value := range map[string]any{
		"refId":         query.RefID,
		"from":          query.TimeRange.From.UnixMilli(),
		"to":            query.TimeRange.To.UnixMilli(),
		"intervalMs":    query.Interval.Milliseconds(),
		"maxDataPoints": query.MaxDataPoints,
	} {
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		flat[key] = encoded
	}
	return flat, nil
}

func (d *Datasource) ask(ctx context.Context, queries []map[string]json.RawMessage, fromAlert bool) (*backend.QueryDataResponse, error) {
	body, err := json.Marshal(map[string]any{"queries": queries, "fromAlert": fromAlert})
	if err != nil {
		return nil, err
	}
	document, err := d.analyzer.call(ctx, http.MethodPost, "query", nil, body)
	if err != nil {
		return nil, err
	}
	answers, err := decode(document)
	if err != nil {
		return nil, &upstreamError{Status: backend.StatusBadGateway, cause: err, Message: fmt.Sprintf(
			"The answer of %s cannot be read as a query result: %v. Check the URL and the analyzer's version", d.analyzer.base, err)}
	}
	return answers, nil
}

// decode reads the analyzer's document with the SDK's own reader, which panics on some malformed frames.
func decode(document []byte) (_ *backend.QueryDataResponse, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("malformed frame: %v", cause)
		}
	}()
	answers := &backend.QueryDataResponse{}
	if err := json.Unmarshal(document, answers); err != nil {
		return nil, err
	}
	return answers, nil
}

// finish checks the answer to one query. A query without an answer would pass for "no data" in Grafana, and an alert rule
// would go quiet.
func finish(answers *backend.QueryDataResponse, refID string, source *backend.DataSourceInstanceSettings) backend.DataResponse {
	answer, ok := answers.Responses[refID]
	switch {
	case !ok:
		return failed(backend.StatusBadGateway, fmt.Errorf("the analyzer did not answer query %s", refID))
	case answer.Error != nil:
		if !answer.ErrorSource.IsValid() {
			answer.ErrorSource = backend.ErrorSourceDownstream
		}
		return answer
	}
	for _, frame := range answer.Frames {
		if frame == nil {
			return failed(backend.StatusBadGateway, fmt.Errorf("the analyzer answered query %s with an empty frame", refID))
		}
		if _, err := frame.RowLen(); err != nil {
			return failed(backend.StatusBadGateway, fmt.Errorf("the analyzer answered query %s with a damaged frame: %w", refID, err))
		}
		frame.RefID = refID
		for _, field := range frame.Fields {
			if field.Config == nil || source == nil {
				continue
			}
			// Links into Explore lead back here; only Grafana knows under which identifier.
			for i := range field.Config.Links {
				if internal := field.Config.Links[i].Internal; internal != nil && internal.DatasourceUID == "" {
					internal.DatasourceUID, internal.DatasourceName = source.UID, source.Name
				}
			}
		}
	}
	return answer
}

func failed(status backend.Status, err error) backend.DataResponse {
	return backend.DataResponse{Status: status, ErrorSource: backend.ErrorSourceDownstream, Error: err}
}
