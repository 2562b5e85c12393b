package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
)

// analyzer is the HTTP client of one analyzer's API.
type analyzer struct {
	base   *url.URL
	token  string
	client *http.Client
}

func newAnalyzer(s settings) (*analyzer, error) {
	client, err := httpclient.New(s.http)
	if err != nil {
		return nil, fmt.Errorf("the HTTP settings cannot be used: %w", err)
	}
	// A POST that is redirected becomes a GET, and a token must not follow to another host.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &analyzer{base: s.base, token: s.token, client: client}, nil
}

// upstreamError is what the analyzer answered instead of a result, or why it did not answer. Code is the analyzer's, and
// empty when it did not speak.
type upstreamError struct {
	Status  backend.Status  `json:"-"`
	Code    string          `json:"code"`
	Message string          `json:"message"`
	At      json.RawMessage `json:"position,omitempty"`
	// Hint is what was probably meant, to be put at the position.
	Hint  string `json:"hint,omitempty"`
	cause error
}

// Error is shown to the user as it is: message, code and hint of the analyzer.
func (e *upstreamError) Error() string {
	text := e.Message
	if e.Hint != "" && !strings.Contains(text, e.Hint) {
		text += fmt.Sprintf(" Did you mean %s?", e.Hint)
	}
	if e.Code != "" {
		text += " (" + e.Code + ")"
	}
	return text
}

func (e *upstreamError) Unwrap() error { return e.cause }

// call sends one request below /api/v1 and returns the body of a 200. Any other outcome is an *upstreamError, and
// context.Canceled when the caller gave up.
func (a *analyzer) call(ctx context.Context, method, path string, query url.Values, body []byte) ([]byte, error) {
	target := a.base.JoinPath("api", "v1", path)
	target.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	// Every route that is asked here only reads. Said so, the transport asks again on another connection when the one it kept
	// had been closed by the analyzer, or a proxy before it, just as the request left (net/http, Transport); a POST it would
	// fail. An empty value says it to the transport alone, and is not sent.
	request.Header["Idempotency-Key"] = []string{}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/json")
	}
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return nil, a.unreachable(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, a.unreachable(ctx, err)
	}
	if response.StatusCode == http.StatusOK {
		return answer, nil
	}
	return nil, a.refused(response, answer)
}

// unreachable turns a failure of the transport into a sentence that says what to look at.
func (a *analyzer) unreachable(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	failure := &upstreamError{Status: backend.StatusBadGateway, cause: err}
	var network net.Error
	switch {
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		failure.Status = backend.StatusTimeout
		failure.Message = fmt.Sprintf("The analyzer at %s did not answer in time. Ask for less, or raise the timeout in the "+
			"data source's settings", a.base)
	case errors.Is(err, httpclient.ErrResponseBodyTooLarge):
		failure.Message = "The analyzer's answer is larger than allowed. Narrow the time range or the limit"
	case errors.Is(err, syscall.ECONNREFUSED):
		failure.Message = fmt.Sprintf("Nothing listens at %s. Is the analyzer running, and is this its address as seen from "+
			"the Grafana server?", a.base)
	default:
		var detail *url.Error
		if errors.As(err, &detail) {
			err = detail.Err
		}
		failure.Message = fmt.Sprintf("The analyzer at %s cannot be reached: %v", a.base, err)
	}
	return failure
}

// refused keeps the analyzer's own code and words; a stranger's answer is described instead.
func (a *analyzer) refused(response *http.Response, answer []byte) error {
	failure := &upstreamError{Status: backend.Status(response.StatusCode)}
	if json.Unmarshal(answer, failure) == nil && failure.Message != "" {
		return failure
	}
	*failure = upstreamError{Status: failure.Status}
	switch {
	case response.StatusCode == http.StatusUnauthorized, response.StatusCode == http.StatusForbidden:
		failure.Message = fmt.Sprintf("%s answered %s. Check the token in the data source's settings", a.base, response.Status)
	case response.StatusCode >= 300 && response.StatusCode < 400:
		failure.Status = backend.StatusBadGateway
		failure.Message = fmt.Sprintf("%s redirects to %q. Enter the final address in the data source's settings", a.base,
			response.Header.Get("Location"))
	case response.StatusCode == http.StatusBadGateway, response.StatusCode == http.StatusServiceUnavailable,
		response.StatusCode == http.StatusGatewayTimeout:
		failure.Message = fmt.Sprintf("%s answered %s: a proxy is there, and gets no answer from the analyzer behind it. Is the "+
			"analyzer running?", a.base, response.Status)
	case response.StatusCode < 300:
		failure.Status = backend.StatusBadGateway
		fallthrough
	default:
		failure.Message = fmt.Sprintf("%s answered %s, and not as an analyzer does. Check the URL in the data source's settings",
			a.base, response.Status)
	}
	return failure
}

// statusOf is the status to report for an error of call.
func statusOf(err error) backend.Status {
	var failure *upstreamError
	if errors.As(err, &failure) {
		return failure.Status
	}
	return backend.StatusBadGateway
}
