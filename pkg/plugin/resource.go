package plugin

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// maxRequestBytes bounds what an editor may send: a filter and its cursor.
const maxRequestBytes = 64 << 10

// resources are the parts of the analyzer's API that editors use. Only these methods, paths and parameters pass: a signed-in
// viewer of Grafana must not reach the rest of the API with the data source's token.
func resources(a *analyzer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fields", a.forward("fields"))
	mux.HandleFunc("GET /values", a.forward("values", "field", "from", "to", "search", "limit"))
	mux.HandleFunc("POST /filter", a.forward("filter"))
	return mux
}

func (a *analyzer) forward(path string, parameters ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query := url.Values{}
		for _, name := range parameters {
			if value := r.URL.Query().Get(name); value != "" {
				query.Set(name, value)
			}
		}
		var body []byte
		var err error
		if r.Body != nil { // the SDK's adapter leaves it out
			body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
		}
		if err != nil {
			answer(w, http.StatusRequestEntityTooLarge, &upstreamError{Message: "The request is too large"})
			return
		}
		result, err := a.call(fromBrowser(r), r.Method, path, query, body)
		var failure *upstreamError
		switch {
		case errors.As(err, &failure):
			answer(w, int(failure.Status), failure)
		case err != nil:
			answer(w, int(backend.StatusBadGateway), &upstreamError{Message: err.Error()})
		case !json.Valid(result):
			answer(w, int(backend.StatusBadGateway), &upstreamError{Message: a.base.String() + " does not answer as an analyzer"})
		default:
			answer(w, http.StatusOK, json.RawMessage(result))
		}
	}
}

func answer(w http.ResponseWriter, status int, value any) {
	encoded, err := json.Marshal(value)
	if err != nil {
		encoded, status = []byte(`{"code":"","message":"The answer cannot be encoded"}`), http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encoded)
}
