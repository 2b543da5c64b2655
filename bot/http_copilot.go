package bot

import (
	"bufio"
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/httpd"
	"parley/internal/ids"
)

// copilotBody asks for help with a conversation.
type copilotBody struct {
	Conversation string `json:"conversation"`
	Text         string `json:"text"`     // to rewrite
	How          string `json:"how"`      // friendlier, shorter, formal, spelling, translate
	Language     string `json:"language"` // BCP 47: to translate into, "" is the visitor's; of a summary, "" is English
}

// copilotLineOut is a line of the answer, each a JSON object: pieces of the text
// while it is written, then the whole, or what went wrong.
type copilotLineOut struct {
	Delta string       `json:"delta,omitempty"`
	Done  *proposal    `json:"done,omitempty"`
	Error *copilotFail `json:"error,omitempty"`
}

type copilotFail struct {
	Code    errs.Code `json:"code"`
	Message string    `json:"message"`
}

func (s *Service) copilotRoutes(api fiber.Router) {
	httpd.Handle(api, fiber.MethodPost, "/copilot/draft", httpd.Agent, s.postDraft)
	httpd.Handle(api, fiber.MethodPost, "/copilot/rewrite", httpd.Agent, s.postRewrite)
	httpd.Handle(api, fiber.MethodPost, "/copilot/summarise", httpd.Agent, s.postSummarise)
}

// beginCopilot reads a request and the conversation it is about.
func (s *Service) beginCopilot(c *fiber.Ctx) (copilotBody, *desk, error) {
	var body copilotBody
	if err := httpd.Bind(c, &body); err != nil {
		return body, nil, err
	}
	if body.Conversation == "" {
		return body, nil, errs.Field("conversation", "is missing")
	}
	if len(body.Language) > 35 || !utf8.ValidString(body.Language) {
		return body, nil, errs.Field("language", "must be a language such as de")
	}
	if !ids.Valid(body.Conversation) {
		return body, nil, errs.New(errs.NotFound, "there is no such conversation")
	}
	d, err := s.openDesk(c.UserContext(), httpd.Viewer(c), body.Conversation)
	if err != nil {
		return body, nil, err
	}
	return body, d, s.copilot.Allow(httpd.Viewer(c).ID)
}

func (s *Service) postDraft(c *fiber.Ctx) error {
	_, d, err := s.beginCopilot(c)
	if err != nil {
		return err
	}
	return s.stream(c, func(ctx context.Context, show func(string)) (proposal, error) { return s.draft(ctx, d, show) })
}

func (s *Service) postRewrite(c *fiber.Ctx) error {
	body, d, err := s.beginCopilot(c)
	if err != nil {
		return err
	}
	if body.Language == "" {
		body.Language = d.language
	}
	task := rewriteTask(body.How, body.Language)
	switch {
	case task == "":
		return errs.Field("how", "must be friendlier, shorter, formal, spelling or translate")
	case strings.TrimSpace(body.Text) == "":
		return errs.Field("text", "is empty; write something first")
	case len(body.Text) > maxCopilotText || !utf8.ValidString(body.Text):
		return errs.Field("text", "must be at most %d bytes of UTF-8", maxCopilotText)
	case s.llm == nil:
		return errNoModel()
	}
	return s.stream(c, func(ctx context.Context, show func(string)) (proposal, error) {
		return s.rewrite(ctx, body.Text, task, show)
	})
}

func (s *Service) postSummarise(c *fiber.Ctx) error {
	body, d, err := s.beginCopilot(c)
	if err != nil {
		return err
	}
	if s.llm == nil {
		return errNoModel()
	}
	if body.Language == "" {
		body.Language = defaultLanguage
	}
	return s.stream(c, func(ctx context.Context, show func(string)) (proposal, error) {
		return s.summariseDesk(ctx, d, body.Language, show)
	})
}

// stream answers with lines of JSON while run works. When the reader is gone the
// work ends.
func (s *Service) stream(c *fiber.Ctx, run func(ctx context.Context, show func(string)) (proposal, error)) error {
	c.Set(fiber.HeaderContentType, "application/x-ndjson")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no") // proxies that collect answers must not
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.UserContext()))
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer cancel()
		send := func(l copilotLineOut) {
			raw, err := json.Marshal(l)
			if err == nil {
				_, err = w.Write(append(raw, '\n'))
			}
			if err == nil {
				err = w.Flush()
			}
			if err != nil {
				cancel()
			}
		}
		out, err := run(ctx, func(piece string) {
			if piece != "" {
				send(copilotLineOut{Delta: piece})
			}
		})
		if err == nil {
			send(copilotLineOut{Done: &out})
			return
		}
		public := errs.Public(err)
		if ctx.Err() == nil && public.Code == errs.Internal {
			s.log.Error("the copilot failed", "error", err)
		}
		send(copilotLineOut{Error: &copilotFail{public.Code, public.Message}})
	})
	return nil
}
