package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
)

const (
	// defaultURL is where an analyzer listens unless it was told otherwise.
	defaultURL = "http://127.0.0.1:8477"
	// maxAnswerBytes bounds one answer of the analyzer, unless Grafana's own response limit is set, which then holds. The
	// analyzer limits rows far below this; the bound is against something else answering at its address.
	maxAnswerBytes = 64 << 20
)

// settings of one data source, checked.
type settings struct {
	base  *url.URL
	token string
	http  httpclient.Options
}

// loadSettings reads what Grafana stores for a data source. Provisioning files are written by hand, so every value is
// checked for its type first: the SDK panics on some wrong types and silently drops others (a CA certificate behind
// tlsAuthWithCACert: "true" would not be used; timeout: "30" would mean no timeout at all).
func loadSettings(ctx context.Context, source backend.DataSourceInstanceSettings) (settings, error) {
	base, err := baseURL(source.URL)
	if err != nil {
		return settings{}, err
	}
	jsonData, err := checkJSONData(source.JSONData)
	if err != nil {
		return settings{}, err
	}
	source.JSONData = jsonData
	opts, err := source.HTTPClientOptions(ctx)
	if err != nil {
		return settings{}, fmt.Errorf("the HTTP settings cannot be used: %w", err)
	}
	if opts.Timeouts.Timeout <= 0 {
		opts.Timeouts.Timeout = httpclient.DefaultTimeoutOptions.Timeout
	}
	opts.ForwardHTTPHeaders = true
	opts.Middlewares = append(
		slices.DeleteFunc(httpclient.DefaultMiddlewares(), func(m httpclient.Middleware) bool {
			named, ok := m.(httpclient.MiddlewareName)
			return ok && named.MiddlewareName() == httpclient.ResponseLimitMiddlewareName
		}),
		httpclient.ResponseLimitMiddleware(maxAnswerBytes),
		withoutBrowser(), // behind the one that forwards
	)
	return settings{base: base, token: strings.TrimSpace(source.DecryptedSecureJSONData["token"]), http: opts}, nil
}

func baseURL(text string) (*url.URL, error) {
	if text = strings.TrimSpace(text); text == "" {
		text = defaultURL
	}
	base, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the analyzer's URL is not a URL: %w", err)
	case base.Scheme != "http" && base.Scheme != "https":
		return nil, fmt.Errorf("the analyzer's URL %q must begin with http:// or https://", text)
	case base.Host == "":
		return nil, fmt.Errorf("the analyzer's URL %q names no host", text)
	case base.User != nil:
		return nil, errors.New("the analyzer's URL must not hold a user or password: use the authentication settings")
	case base.RawQuery != "" || base.Fragment != "":
		return nil, fmt.Errorf("the analyzer's URL %q must not hold a query or a fragment", text)
	}
	return base, nil
}

var (
	textKeys = []string{"access", "url", "serverName", "basicAuthUser"}
	flagKeys = []string{"basicAuth", "tlsAuth", "tlsAuthWithCACert", "tlsSkipVerify"}
	// In seconds, but for the three counts; the SDK reads any other type as 0, which is unlimited.
	numberKeys = []string{
		"timeout", "dialTimeout", "httpKeepAlive", "httpTLSHandshakeTimeout", "httpExpectContinueTimeout",
		"httpIdleConnTimeout", "httpMaxConnsPerHost", "httpMaxIdleConns", "httpMaxIdleConnsPerHost",
	}
)

// checkJSONData returns the same object with numbers as numbers and unset values left out, or says which value is wrong.
func checkJSONData(raw json.RawMessage) (json.RawMessage, error) {
	if len(bytes.TrimSpace(raw)) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return json.RawMessage("{}"), nil
	}
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, errors.New("jsonData must be an object")
	}
	for key, value := range object {
		if value == nil {
			delete(object, key)
			continue
		}
		switch {
		case slices.Contains(textKeys, key), strings.HasPrefix(key, "httpHeaderName"):
			if _, ok := value.(string); !ok {
				return nil, fmt.Errorf("jsonData.%s must be a text, not %v", key, value)
			}
		case slices.Contains(flagKeys, key):
			if _, ok := value.(bool); !ok {
				return nil, fmt.Errorf("jsonData.%s must be true or false without quotes, not %q", key, fmt.Sprint(value))
			}
		case slices.Contains(numberKeys, key):
			number, err := toNumber(value)
			if err != nil {
				return nil, fmt.Errorf("jsonData.%s must be a number, not %q", key, fmt.Sprint(value))
			}
			object[key] = number
			if value == "" {
				delete(object, key)
			}
		}
	}
	return json.Marshal(object)
}

func toNumber(value any) (float64, error) {
	number, ok := value.(float64)
	if text, isText := value.(string); isText {
		if strings.TrimSpace(text) == "" {
			return 0, nil
		}
		parsed, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return 0, err
		}
		number, ok = parsed, true
	}
	if !ok || math.IsNaN(number) || number < 0 || number > 1e6 {
		return 0, errors.New("out of range")
	}
	return number, nil
}
