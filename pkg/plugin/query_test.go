package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/dataplane/sdata/numeric"
	"github.com/grafana/dataplane/sdata/reader"
	"github.com/grafana/dataplane/sdata/timeseries"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// alertable kinds must carry a contract that alert rules and expressions read; the others are tables for people.
var alertable = map[string]bool{"timeseries": true, "top": true, "closes": true, "causes": true, "health": true}

func TestEveryKindKeepsItsFramesAndContract(t *testing.T) {
	documents, err := filepath.Glob("testdata/documents/*.json")
	if err != nil || len(documents) < 7 {
		t.Fatalf("recorded documents: %v, %v", documents, err)
	}
	for _, path := range documents {
		kind := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(kind, func(t *testing.T) {
			document, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			server, _ := analyzerThat(t, says(http.StatusOK, string(document)))
			source := settingsFor(server.URL)
			response, err := open(t, source).QueryData(context.Background(), asking(source, `{"kind":"`+kind+`"}`))
			if err != nil {
				t.Fatal(err)
			}
			answer := response.Responses["A"]
			if answer.Error != nil {
				t.Fatal(answer.Error)
			}
			experimental.CheckGoldenJSONResponse(t, "testdata/golden", kind, &answer, *update)
			if _, err := answer.Frames.MarshalArrow(); err != nil {
				t.Errorf("Grafana could not be sent these frames: %v", err)
			}
			if !alertable[kind] {
				return
			}
			readable(t, answer.Frames)
		})
	}
}

// readable proves that Grafana's own reader of the dataplane contract takes the frames.
func readable(t *testing.T, frames data.Frames) {
	t.Helper()
	kind, err := reader.CanReadBasedOnMeta(frames)
	if err != nil {
		t.Fatalf("not readable by its meta data: %v", err)
	}
	switch kind.Kind() {
	case data.KindTimeSeries:
		series, err := timeseries.CollectionReaderFromFrames(frames)
		if err != nil {
			t.Fatal(err)
		}
		collection, err := series.GetCollection(false)
		if err != nil {
			t.Fatal(err)
		}
		unique := map[string]bool{}
		for _, ref := range collection.Refs {
			unique[ref.GetMetricName()+ref.GetLabels().String()] = true
		}
		if len(unique) != len(collection.Refs) || len(unique) == 0 {
			t.Errorf("%d series have %d identities", len(collection.Refs), len(unique))
		}
	case data.KindNumeric:
		numbers, err := numeric.CollectionReaderFromFrames(frames)
		if err != nil {
			t.Fatal(err)
		}
		collection, err := numbers.GetCollection(false)
		if err != nil {
			t.Fatal(err)
		}
		if len(collection.Refs) == 0 {
			t.Error("no numbers")
		}
	default:
		t.Errorf("%s cannot be used in an alert rule", kind)
	}
}

func TestTheAnalyzerGetsTheFlatModelWithGrafanasAdditions(t *testing.T) {
	server, requests := analyzerThat(t, says(http.StatusOK, `{"results":{"A":{"frames":[]}}}`))
	source := settingsFor(server.URL + "/behind/a/proxy/")
	source.DecryptedSecureJSONData = map[string]string{"token": "secret"}
	req := asking(source, `{"refId":"X","kind":"top","metrics":["rst.count"],"limit":5,"filter":"ct.count = 0","hide":false,
		"datasource":{"uid":"tcpevents"},"datasourceId":7,"intervalMs":1,"maxDataPoints":1,"from":"now-1h","key":"Q-1"}`)
	req.Headers[backend.FromAlertHeaderName] = "true"
	if _, err := open(t, source).QueryData(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	got := (*requests)[0]
	if got.method != "POST" || got.path != "/behind/a/proxy/api/v1/query" {
		t.Errorf("asked %s %s", got.method, got.path)
	}
	if got.header.Get("Authorization") != "Bearer secret" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", got.header)
	}
	want := `{"fromAlert":true,"queries":[{"filter":"ct.count = 0","from":1767351600000,"intervalMs":10000,"kind":"top","limit":5,` +
		`"maxDataPoints":360,"metrics":["rst.count"],"refId":"A","to":1767355200000}]}`
	if got.body != want {
		t.Errorf("body\n%s\nwant\n%s", got.body, want)
	}
}

func TestAQueryThatIsNoObjectFailsAlone(t *testing.T) {
	server, requests := analyzerThat(t, says(http.StatusOK, `{"results":{"B":{"frames":[]},"C":{"frames":[]}}}`))
	source := settingsFor(server.URL)
	response, err := open(t, source).QueryData(context.Background(), asking(source, `[1]`, ``, `null`))
	if err != nil {
		t.Fatal(err)
	}
	if a := response.Responses["A"]; a.Error == nil || a.Status != backend.StatusBadRequest {
		t.Errorf("A: %+v", a)
	}
	for _, refID := range []string{"B", "C"} {
		if answer := response.Responses[refID]; answer.Error != nil {
			t.Errorf("%s: %v", refID, answer.Error)
		}
	}
	if len(*requests) != 1 {
		t.Errorf("%d requests for one set of queries", len(*requests))
	}
}

func TestNothingIsAskedForNothing(t *testing.T) {
	server, requests := analyzerThat(t, says(http.StatusOK, `{}`))
	source := settingsFor(server.URL)
	response, err := open(t, source).QueryData(context.Background(), asking(source))
	if err != nil || len(response.Responses) != 0 || len(*requests) != 0 {
		t.Errorf("%v, %v, %d requests", response, err, len(*requests))
	}
}

func TestErrorsKeepTheAnalyzersWords(t *testing.T) {
	for _, test := range []struct {
		name    string
		status  int
		body    string
		want    string
		answers backend.Status
	}{
		{
			"a bad filter", 200,
			`{"results":{"A":{"error":"There is no field \"rst.cuont\". (TCPS_E_FILTER_FIELD)","status":400}}}`,
			`There is no field "rst.cuont". (TCPS_E_FILTER_FIELD)`, 400,
		},
		{
			"a bad request", 400,
			`{"code":"TCPS_E_FILTER_FIELD","message":"There is no field \"rst.cuont\".","position":{"start":0,"end":9},"hint":"rst.count"}`,
			`There is no field "rst.cuont". Did you mean rst.count? (TCPS_E_FILTER_FIELD)`, 400,
		},
		{
			"a hint that the message already gives", 400,
			`{"code":"X","message":"Did you mean rst.count?","hint":"rst.count"}`, `Did you mean rst.count? (X)`, 400,
		},
		{"a missing token", 401, `{"code":"TCPS_E_API_TOKEN","message":"The token is missing."}`, `The token is missing. (TCPS_E_API_TOKEN)`, 401},
		{"too many queries", 429, `{"code":"TCPS_E_API_BUSY","message":"Too many queries."}`, `Too many queries. (TCPS_E_API_BUSY)`, 429},
		{"a broken analyzer", 500, `{"code":"TCPS_E_INTERNAL","message":"The store is gone."}`, `The store is gone. (TCPS_E_INTERNAL)`, 500},
		{"a stranger's refusal", 403, `<html>no</html>`, `answered 403 Forbidden. Check the token`, 403},
		{"a stranger", 404, `<html>nginx</html>`, `answered 404 Not Found, and not as an analyzer does. Check the URL`, 404},
		{"a proxy without its analyzer", 502, `<html>nginx</html>`, `answered 502 Bad Gateway: a proxy is there`, 502},
		{"a proxy that waits in vain", 504, `upstream request timeout`, `Is the analyzer running?`, 504},
		{"an empty answer", 204, ``, `answered 204 No Content, and not as an analyzer does`, 502},
		{"a page instead of JSON", 200, `<html>`, `cannot be read as a query result`, 502},
		{"a document of another kind", 200, `{"status":"ok"}`, `cannot be read as a query result`, 502},
		{"half a document", 200, `{"results":{"A":{"frames":[{"schema":`, `cannot be read as a query result`, 502},
		{"nothing at all", 200, ``, `cannot be read as a query result`, 502},
		{"no results", 200, `{}`, `the analyzer did not answer query A`, 502},
		{"results of null", 200, `{"results":null}`, `the analyzer did not answer query A`, 502},
		{"the answer to another query", 200, `{"results":{"B":{"frames":[]}}}`, `the analyzer did not answer query A`, 502},
	} {
		t.Run(test.name, func(t *testing.T) {
			server, _ := analyzerThat(t, says(test.status, test.body))
			source := settingsFor(server.URL)
			response, err := open(t, source).QueryData(context.Background(), asking(source, `{}`))
			if err != nil {
				t.Fatal(err)
			}
			answer := response.Responses["A"]
			if answer.Error == nil || !strings.Contains(answer.Error.Error(), test.want) {
				t.Errorf("error %v, want %q", answer.Error, test.want)
			}
			if answer.Status != test.answers || answer.ErrorSource != backend.ErrorSourceDownstream {
				t.Errorf("status %d of %q, want %d of downstream", answer.Status, answer.ErrorSource, test.answers)
			}
			if len(response.Responses) != 1 {
				t.Errorf("answers %v", response.Responses)
			}
		})
	}
}

func frameDocument(schema, values string) string {
	return `{"results":{"A":{"status":200,"frames":[{"schema":` + schema + `,"data":` + values + `}]}}}`
}

func TestMalformedFramesAreErrorsAndNotTheEnd(t *testing.T) {
	const timeAndNumber = `{"fields":[{"name":"time","type":"time","typeInfo":{"frame":"time.Time"}},` +
		`{"name":"n","type":"number","typeInfo":{"frame":"float64","nullable":true}}]}`
	for name, document := range map[string]string{
		"nanoseconds before the values": frameDocument(timeAndNumber, `{"nanos":[[1,2,3],null],"values":[[1,2,3],[1,2,3]]}`),
		"entities before the values":    frameDocument(timeAndNumber, `{"entities":[null,{"NaN":[5]}],"values":[[1,2],[1,2]]}`),
		"an entity out of range":        frameDocument(timeAndNumber, `{"values":[[1,2],[1,2]],"entities":[null,{"NaN":[5]}]}`),
		"columns of different length":   frameDocument(timeAndNumber, `{"values":[[1,2],[1]]}`),
		"more columns than fields":      frameDocument(timeAndNumber, `{"values":[[1],[1],[1]]}`),
		"a text for a number":           frameDocument(timeAndNumber, `{"values":[[1],["x"]]}`),
		"a number for a flag":           frameDocument(`{"fields":[{"name":"b","type":"boolean","typeInfo":{"frame":"bool"}}]}`, `{"values":[[1]]}`),
		"data before its schema":        `{"results":{"A":{"frames":[{"data":{"values":[[1]]},"schema":{}}]}}}`,
		"a frame that is null":          `{"results":{"A":{"frames":[null]}}}`,
		"frames that are an object":     `{"results":{"A":{"frames":{}}}}`,
		"deep nesting":                  `{"results":` + strings.Repeat(`[`, 20_000) + strings.Repeat(`]`, 20_000) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			server, _ := analyzerThat(t, says(http.StatusOK, document))
			source := settingsFor(server.URL)
			response, err := open(t, source).QueryData(context.Background(), asking(source, `{}`))
			if err != nil {
				t.Fatal(err)
			}
			answer := response.Responses["A"]
			if answer.Error != nil {
				if answer.ErrorSource != backend.ErrorSourceDownstream {
					t.Errorf("source %q", answer.ErrorSource)
				}
				return
			}
			// What is let through must at least be sendable.
			if _, err := answer.Frames.MarshalArrow(); err != nil {
				t.Errorf("let through, and then: %v", err)
			}
		})
	}
}

func TestNumbersThatJSONHasNot(t *testing.T) {
	document := frameDocument(`{"fields":[{"name":"n","type":"number","typeInfo":{"frame":"float64","nullable":true}}]}`,
		`{"values":[[null,null,null,1.5]],"entities":[{"NaN":[0],"Inf":[1]}]}`)
	server, _ := analyzerThat(t, says(http.StatusOK, document))
	source := settingsFor(server.URL)
	response, err := open(t, source).QueryData(context.Background(), asking(source, `{}`))
	if err != nil || response.Responses["A"].Error != nil {
		t.Fatal(err, response.Responses["A"].Error)
	}
	field := response.Responses["A"].Frames[0].Fields[0]
	var encoded bytes.Buffer
	for i := range field.Len() {
		value, err := field.NullableFloatAt(i)
		if err != nil {
			t.Fatal(err)
		}
		if value == nil {
			encoded.WriteString("null ")
		} else if *value != *value {
			encoded.WriteString("NaN ")
		} else {
			text, _ := json.Marshal(*value <= 1e308)
			encoded.Write(append(text, ' '))
		}
	}
	if got := encoded.String(); got != "NaN false null true " {
		t.Errorf("read %q: a missing value must stay missing", got)
	}
}

func TestLinksIntoExploreLeadBackHere(t *testing.T) {
	document := frameDocument(`{"fields":[{"name":"client.ip","type":"string","typeInfo":{"frame":"string"},"config":{"links":[`+
		`{"title":"Conversations","internal":{"query":{"kind":"conversations"}}},`+
		`{"title":"Elsewhere","internal":{"datasourceUid":"other"}},{"title":"Page","url":"/d/x"}]}}]}`, `{"values":[["10.0.0.1"]]}`)
	server, _ := analyzerThat(t, says(http.StatusOK, document))
	source := settingsFor(server.URL)
	response, err := open(t, source).QueryData(context.Background(), asking(source, `{}`))
	if err != nil || response.Responses["A"].Error != nil {
		t.Fatal(err, response.Responses["A"].Error)
	}
	links := response.Responses["A"].Frames[0].Fields[0].Config.Links
	if links[0].Internal.DatasourceUID != "tcpevents" || links[0].Internal.DatasourceName != "TCP Events" {
		t.Errorf("link without a data source: %+v", links[0].Internal)
	}
	if links[1].Internal.DatasourceUID != "other" || links[2].Internal != nil {
		t.Errorf("other links changed: %+v, %+v", links[1].Internal, links[2].Internal)
	}
}

func TestACallerWhoLeavesStopsTheRequest(t *testing.T) {
	arrived, left := make(chan struct{}), make(chan struct{})
	server, _ := analyzerThat(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(left)
	})
	source := settingsFor(server.URL)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-arrived; cancel() }()
	response, err := open(t, source).QueryData(ctx, asking(source, `{}`))
	if !errors.Is(err, context.Canceled) || response != nil {
		t.Errorf("%v, %v", response, err)
	}
	<-left
}

func TestAnAnalyzerThatHangsIsATimeout(t *testing.T) {
	hang := make(chan struct{})
	server, _ := analyzerThat(t, func(http.ResponseWriter, *http.Request) { <-hang })
	defer close(hang)
	source := settingsFor(server.URL)
	source.JSONData = []byte(`{"timeout":"0.2"}`)
	ds := open(t, source)
	ds.analyzer.client.Timeout = 50 * time.Millisecond
	response, err := ds.QueryData(context.Background(), asking(source, `{}`))
	if err != nil {
		t.Fatal(err)
	}
	answer := response.Responses["A"]
	if answer.Status != backend.StatusTimeout || !strings.Contains(answer.Error.Error(), "did not answer in time") {
		t.Errorf("%d %v", answer.Status, answer.Error)
	}
}

func TestAnAnswerWithoutEndIsCut(t *testing.T) {
	server, _ := analyzerThat(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := bytes.Repeat([]byte(" "), 1<<20)
		for range maxAnswerBytes>>20 + 1 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	source := settingsFor(server.URL)
	response, err := open(t, source).QueryData(context.Background(), asking(source, `{}`))
	if err != nil {
		t.Fatal(err)
	}
	if answer := response.Responses["A"]; answer.Error == nil || !strings.Contains(answer.Error.Error(), "larger than allowed") {
		t.Errorf("%v", answer.Error)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	other, reached := analyzerThat(t, says(http.StatusOK, `{"results":{"A":{"frames":[]}}}`))
	server, _ := analyzerThat(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	source := settingsFor(server.URL)
	response, err := open(t, source).QueryData(context.Background(), asking(source, `{}`))
	if err != nil {
		t.Fatal(err)
	}
	if answer := response.Responses["A"]; answer.Error == nil || !strings.Contains(answer.Error.Error(), "redirects to") {
		t.Errorf("%v", answer.Error)
	}
	if len(*reached) != 0 {
		t.Error("the request, with its token, went to another address")
	}
}
