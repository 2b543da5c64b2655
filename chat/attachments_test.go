package chat

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/event"
	"parley/internal/errs"
	"parley/internal/ids"
)

func picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 30, 20))))
	return b.Bytes()
}

type link struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

func TestAttachmentFromUploadToDownload(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.run()
	v := a.visitor("vera")
	conv := a.open(v, event.StateQueued)
	var file event.Attachment
	a.upload("vera", "../my photo.png", picture(t)).into(t, 201, &file)
	assert.Equal(t, event.Attachment{ID: file.ID, Name: "my photo.png", Type: "image/png", Size: file.Size, Width: 30, Height: 20}, file)

	claimed, err := a.svc.Claim(t.Context(), v, conv, []string{file.ID})
	require.NoError(t, err)
	again, err := a.svc.Claim(t.Context(), v, conv, []string{file.ID})
	require.NoError(t, err)
	assert.Equal(t, []event.Attachment{file}, claimed)
	assert.Equal(t, claimed, again)

	var l link
	a.do("anna", "GET", "/api/v1/attachments/"+file.ID+"?conv="+conv, nil).into(t, 200, &l)
	assert.LessOrEqual(t, time.Until(l.ExpiresAt), 10*time.Minute)
	got := a.do("", "GET", l.URL, nil)
	assert.Equal(t, 200, got.status)
	assert.Equal(t, "image/png", got.header.Get("Content-Type"))
	assert.Equal(t, `inline; filename="my photo.png"`, got.header.Get("Content-Disposition"))
	assert.Equal(t, "sandbox; default-src 'none'", got.header.Get("Content-Security-Policy"))
	assert.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
	assert.Contains(t, got.header.Get("Cache-Control"), "private")
	_, err = png.Decode(bytes.NewReader(got.body))
	require.NoError(t, err)
	redirect := a.do("vera", "GET", "/api/v1/attachments/"+file.ID+"?redirect=1", nil)
	assert.Equal(t, 302, redirect.status)
	assert.True(t, strings.HasPrefix(redirect.header.Get("Location"), "/files/"+file.ID))

	// Whatever the signature does not cover is not served.
	for name, url := range map[string]string{
		"no signature": "/files/" + file.ID, "another file": strings.Replace(l.URL, file.ID, ids.New(), 1),
		"longer": strings.Replace(l.URL, "exp=", "exp=9", 1), "forged": l.URL[:len(l.URL)-3] + "abc", "no id": "/files/..%2f..",
	} {
		assert.Equal(t, 404, a.do("", "GET", url, nil).status, name)
	}
	a.svc.cfg.Now = func() time.Time { return time.Now().Add(11 * time.Minute) }
	assert.Equal(t, 404, a.do("", "GET", l.URL, nil).status, "expired")
}

// Pages, scripts and what pretends to be an image leave as downloads without a
// type that a browser would run.
func TestAttachmentsThatAttack(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for name, content := range map[string]string{
		"x.svg":      `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
		"x.png":      `<html><script>alert(1)</script>`,
		"x.html":     `<!doctype html><script>alert(1)</script>`,
		"x.jpg.html": "\xff\xd8\xff\xe0 not really a jpeg <script>alert(1)</script>",
		"x.xml":      `<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>`,
		"x.mht":      "MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>",
		"x.gif":      "GIF89a/*<script>*/=alert(1)//",
		"x.js":       `alert(1)`,
	} {
		var file event.Attachment
		a.upload("vera", name, []byte(content)).into(t, 201, &file)
		assert.Zero(t, file.Width, name)
		var l link
		a.do("vera", "GET", "/api/v1/attachments/"+file.ID, nil).into(t, 200, &l)
		got := a.do("", "GET", l.URL, nil)
		assert.Contains(t, []string{"application/octet-stream", "text/plain; charset=utf-8"}, got.header.Get("Content-Type"), name)
		assert.True(t, strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment"), name)
		assert.Equal(t, "sandbox; default-src 'none'", got.header.Get("Content-Security-Policy"), name)
		assert.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"), name)
	}
}

func TestAttachmentsAreForTheirConversation(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.run()
	v := a.visitor("vera")
	conv, other := a.open(v, event.StateQueued), a.open(a.visitor("walt"), event.StateQueued)
	var file, secret event.Attachment
	a.upload("vera", "a.txt", []byte("mine")).into(t, 201, &file)
	a.upload("anna", "b.txt", []byte("internal")).into(t, 201, &secret)
	get := func(token, id, conv string) int {
		return a.do(token, "GET", "/api/v1/attachments/"+id+"?conv="+conv, nil).status
	}
	assert.Equal(t, 200, get("vera", file.ID, ""), "an upload is its owner's")
	assert.Equal(t, 404, get("walt", file.ID, ""))
	assert.Equal(t, 404, get("anna", file.ID, ""))

	for name, err := range map[string]error{
		"another's file":    second(a.svc.Claim(t.Context(), a.visitor("walt"), other, []string{file.ID})),
		"an agent's file":   second(a.svc.Claim(t.Context(), v, conv, []string{secret.ID})),
		"one that is not":   second(a.svc.Claim(t.Context(), v, conv, []string{ids.New()})),
		"one of two is not": second(a.svc.Claim(t.Context(), v, conv, []string{file.ID, ids.New()})),
	} {
		assert.True(t, errs.Is(err, errs.NotFound), "%s: %v", name, err)
	}
	assert.Equal(t, 2, a.count(`SELECT count(*) FROM chat.attachments WHERE conv = ''`), "a refused claim binds nothing")
	_, err := a.svc.Claim(t.Context(), v, conv, []string{file.ID})
	require.NoError(t, err)
	_, err = a.svc.Claim(t.Context(), v, a.open(v, event.StateQueued), []string{file.ID})
	assert.True(t, errs.Is(err, errs.NotFound), "a file belongs to one conversation: %v", err)
	assert.Equal(t, 200, get("vera", file.ID, conv))
	assert.Equal(t, 200, get("anna", file.ID, conv))
	assert.Equal(t, 404, get("anna", file.ID, other))
	assert.Equal(t, 404, get("walt", file.ID, conv))
	assert.Equal(t, 404, get("walled", file.ID, conv))
	assert.Equal(t, 401, get("", file.ID, conv))

	// A file of a note is for agents, even for a visitor who knows its id.
	var receipt event.Receipt
	a.do("anna", "POST", "/api/v1/conversations/"+conv+"/messages", fiber.Map{"cid": "n", "note": true, "attachments": []string{secret.ID}}).into(t, 201, &receipt)
	a.projected(conv, receipt.Seq)
	assert.Equal(t, 200, get("ben", secret.ID, conv))
	assert.Equal(t, 404, get("vera", secret.ID, conv))
}

func second[T any](_ T, err error) error { return err }

func TestUploadsAreBounded(t *testing.T) {
	t.Parallel()
	limits := UploadLimits{Each: 3, All: 4, Unclaimed: 5}
	a := newAPI(t, func(c *Config) { c.MaxUpload, c.Uploads = 1<<20, limits })
	assert.Equal(t, 413, a.upload("vera", "big", make([]byte, 1<<20+1)).status)
	assert.Equal(t, 422, a.upload("vera", "empty", nil).status)
	assert.Equal(t, 401, a.upload("", "x", []byte("x")).status)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.url+"/api/v1/attachments", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n--x--"))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	assert.Equal(t, 422, a.send("vera", req).status)
	assert.Equal(t, 422, a.do("vera", "POST", "/api/v1/attachments", fiber.Map{}).status)

	for range limits.Unclaimed - 2 { // two of the refused ones wait for the sweep
		require.Equal(t, 201, a.upload("vera", "x", []byte("x")).status)
	}
	full := a.upload("vera", "x", []byte("x"))
	assert.Equal(t, 429, full.status)
	assert.NotEmpty(t, full.header.Get("Retry-After"))

	u := uploads{metrics: newMetrics(nil), limits: limits}
	var wg sync.WaitGroup
	for range limits.Each {
		end, err := u.begin("vera")
		require.NoError(t, err)
		wg.Go(func() { end() })
	}
	wg.Wait()
	for range limits.Each {
		_, err := u.begin("vera")
		require.NoError(t, err)
	}
	_, err = u.begin("vera")
	assert.True(t, errs.Is(err, errs.RateLimited), "%v", err)
	_, err = u.begin("walt")
	require.NoError(t, err)
	_, err = u.begin("zoe")
	assert.True(t, errs.Is(err, errs.Busy), "%v", err)
}

func TestVisitorsSendFilesOfSomeKindsOnly(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(c *Config) { c.Uploads.Types = []string{".txt", ".pdf"} })
	for name, status := range map[string]int{
		"order.txt": 201, "ORDER.TXT": 201, "setup.exe": 422, "order.txt.exe": 422, "order": 422, "": 422, ".pdf": 201, "a.exe/b.pdf": 201,
	} {
		assert.Equal(t, status, a.upload("vera", name, []byte("x")).status, name)
	}
	assert.Contains(t, string(a.upload("vera", "setup.exe", []byte("x")).body), ".txt, .pdf", "it says what may be sent")
	assert.Equal(t, 201, a.upload("anna", "setup.exe", []byte("x")).status, "agents may send all")
	var w widgetConfig
	a.do("", "GET", "/api/v1/widget/"+a.in.Key, nil).into(t, 200, &w)
	assert.Equal(t, widgetFiles{MaxSize: 25 << 20, Types: []string{".txt", ".pdf"}}, w.Files)
}

func TestUploadsWithoutLimits(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(c *Config) { c.Uploads = UploadLimits{} })
	for range 25 {
		_, err := a.svc.uploads.begin("agra5j6fvhcfcrqohaj63fgq3q")
		require.NoError(t, err)
		require.Equal(t, 201, a.upload("vera", "x", []byte("x")).status)
	}
}

func TestSweepRemovesOrphans(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	v := a.visitor("vera")
	conv := a.open(v, event.StateQueued)
	var claimed, orphan event.Attachment
	a.upload("vera", "claimed", []byte("x")).into(t, 201, &claimed)
	a.upload("vera", "orphan", []byte("x")).into(t, 201, &orphan)
	_, err := a.svc.Claim(t.Context(), v, conv, []string{claimed.ID})
	require.NoError(t, err)
	n, err := a.svc.sweepOrphans(t.Context())
	require.NoError(t, err)
	assert.Zero(t, n, "a day has not passed")
	a.svc.cfg.Now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	n, err = a.svc.sweepOrphans(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	_, err = a.svc.files.Get(t.Context(), orphan.ID)
	assert.True(t, errs.Is(err, errs.NotFound), "%v", err)
	r, err := a.svc.files.Get(t.Context(), claimed.ID)
	require.NoError(t, err)
	require.NoError(t, r.Close())
}

// trickle gives a byte of its content now and then.
type trickle struct {
	content []byte
	every   time.Duration
}

func (r *trickle) Read(p []byte) (int, error) {
	if len(r.content) == 0 {
		return 0, io.EOF
	}
	<-time.After(r.every)
	n := copy(p[:1], r.content)
	r.content = r.content[n:]
	return n, nil
}

// A phone with a bad connection may take longer for a file than the server
// allows other requests.
func TestUploadMayBeSlow(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes longer than the server's read timeout of 5 s")
	}
	a := newAPI(t)
	const head = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"slow.txt\"\r\n\r\n"
	body := io.MultiReader(strings.NewReader(head), &trickle{[]byte("slowly"), 1200 * time.Millisecond}, strings.NewReader("\r\n--x--\r\n"))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.url+"/api/v1/attachments", body)
	require.NoError(t, err)
	req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	var file event.Attachment
	a.send("vera", req).into(t, 201, &file)
	assert.Equal(t, int64(6), file.Size)
}
