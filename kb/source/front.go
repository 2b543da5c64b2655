package source

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// matter is a file's front matter.
type matter map[string]any

// settingLine is a line of unclosed front matter.
var settingLine = regexp.MustCompile(`^([A-Za-z_][\w-]*:|\s+\S|- )`)

// splitFront separates YAML front matter from the text. Front matter without
// its closing line ends at the first line that is no setting.
func splitFront(body string) (front matter, text string, err error) {
	body = strings.TrimPrefix(strings.ReplaceAll(body, "\r\n", "\n"), "\ufeff")
	rest, ok := strings.CutPrefix(body, "---\n")
	if !ok {
		return matter{}, body, nil
	}
	var head string
	if strings.HasPrefix(rest, "---\n") {
		return matter{}, rest[4:], nil
	}
	head, text, ok = strings.Cut(rest+"\n", "\n---\n")
	if !ok {
		head, text = unclosed(rest)
	}
	front = matter{}
	if err := yaml.Unmarshal([]byte(head), &front); err != nil {
		return nil, "", fmt.Errorf("not valid YAML: %w", err)
	}
	return front, text, nil
}

func unclosed(rest string) (head, text string) {
	lines := strings.SplitAfter(rest, "\n")
	n := 0
	for n < len(lines) && settingLine.MatchString(lines[n]) {
		n++
	}
	return strings.Join(lines[:n], ""), strings.Join(lines[n:], "")
}

// text returns the first of the keys that holds a plain value.
func (m matter) text(keys ...string) string {
	for _, key := range keys {
		switch v := m[key].(type) {
		case string:
			if s := strings.TrimSpace(v); s != "" {
				return s
			}
		case int, float64:
			return fmt.Sprint(v)
		}
	}
	return ""
}

// list returns the values of all the keys; a plain value is a list of one.
func (m matter) list(keys ...string) []string {
	var out []string
	for _, key := range keys {
		switch v := m[key].(type) {
		case string:
			if s := strings.TrimSpace(v); s != "" {
				out = append(out, s)
			}
		case []any:
			for _, item := range v {
				if s, ok := item.(string); ok && strings.TrimSpace(s) != "" {
					out = append(out, strings.TrimSpace(s))
				}
			}
		}
	}
	return out
}

func (m matter) number(keys ...string) int {
	for _, key := range keys {
		switch v := m[key].(type) {
		case int:
			return v
		case float64:
			return int(v)
		}
	}
	return 0
}

func (m matter) flag(key string) bool {
	b, _ := m[key].(bool)
	return b
}
