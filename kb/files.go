package kb

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"regexp"
	"strings"

	"parley/internal/blob"
	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
)

const (
	filePath       = "/help/files/"
	filePrefix     = "kb-file-" // of the object's id
	defaultMaxFile = 200 << 20  // bytes
)

// fileAddress is the path of an uploaded file: its id, with an ending for people.
var fileAddress = regexp.MustCompile(`^` + filePath + `([0-9a-f]{32})(?:\.[a-z0-9]{1,8})?$`)

// fileID returns the id in the address of an uploaded file, "" for any other.
func fileID(address string) string {
	if m := fileAddress.FindStringSubmatch(address); m != nil {
		return m[1]
	}
	return ""
}

// AddFile stores a file to download, a video or its captions, under the address
// of its content: the same one twice is one. The bytes stay as they are, so that
// the checksum is that of the original.
func (s *Service) AddFile(ctx context.Context, author, name string, r io.Reader) (f File, err error) {
	temp := filePrefix + "new-" + ids.New()
	in := &measured{r: r, sum: sha256.New(), left: s.cfg.MaxFile}
	head := bufio.NewReaderSize(in, 512)
	start, err := head.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return f, errs.Wrap(err, errs.Invalid, "the file could not be read to its end; try again")
	}
	f = File{Name: blob.Name(name), Type: fileType(start)}
	if f.Size, err = s.bus.PutObject(ctx, temp, map[string]string{"type": f.Type}, head); err != nil {
		return File{}, s.uploadError(in, err)
	}
	defer func() {
		if dropErr := s.bus.DeleteObject(context.WithoutCancel(ctx), temp); err == nil && dropErr != nil {
			err = dropErr
		}
	}()
	if f.Size == 0 {
		return File{}, errs.New(errs.Invalid, "the file is empty")
	}
	f.SHA256 = hex.EncodeToString(in.sum.Sum(nil))
	id := f.SHA256[:32]
	f.URL = filePath + id + ending(f.Name)
	object, meta, err := s.bus.GetObject(ctx, temp)
	if err != nil {
		return File{}, err
	}
	_, err = s.bus.PutObject(ctx, filePrefix+id, meta, object)
	if err = errors.Join(err, object.Close()); err != nil {
		return File{}, err
	}
	return f, pg.Map(insertFile(ctx, s.db, id, author, f, s.now()))
}

func (s *Service) uploadError(in *measured, err error) error {
	switch {
	case in.left < 0:
		return errs.Wrap(err, errs.TooLarge, "a file may have %d MiB at most", s.cfg.MaxFile>>20)
	case in.err != nil:
		return errs.Wrap(err, errs.Invalid, "the file could not be read to its end; try again")
	}
	return err
}

// measured counts and sums what is read, and fails behind the limit.
type measured struct {
	r    io.Reader
	sum  hash.Hash
	left int64
	err  error
}

func (m *measured) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.sum.Write(p[:n])
	if m.left -= int64(n); m.left < 0 {
		err = errs.New(errs.TooLarge, "the file is too large")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = err
	}
	return n, err
}

// fileType is a file's type by its first bytes.
func fileType(start []byte) string {
	if bytes.HasPrefix(bytes.TrimPrefix(start, []byte("\ufeff")), []byte("WEBVTT")) {
		return "text/vtt"
	}
	kind, _, _ := strings.Cut(http.DetectContentType(start), ";")
	return kind
}

// playable are the types that a page shows itself; all others are saved.
func playable(kind string) bool {
	switch kind {
	case "video/mp4", "video/webm", "video/ogg", "application/ogg", "text/vtt":
		return true
	}
	return false
}

// ending is the part of a name that says what it is, for the address.
func ending(name string) string {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return ""
	}
	if ext := strings.ToLower(name[dot:]); fileAddress.MatchString(filePath + strings.Repeat("0", 32) + ext) {
		return ext
	}
	return ""
}

// fillFiles says of the files of an article what they are; a file that was not
// uploaded is invalid.
func fillFiles(ctx context.Context, q pg.Querier, a *Article) error {
	wanted := a.Extra.uploaded()
	if len(wanted) == 0 {
		return nil
	}
	known, err := filesByID(ctx, q, wanted)
	if err != nil {
		return err
	}
	for _, id := range wanted {
		if _, ok := known[id]; !ok {
			return errs.Field("extra", "names a file that was not uploaded: %s%s", filePath, id)
		}
	}
	for i := range a.Extra.Files {
		f := &a.Extra.Files[i]
		is := known[fileID(f.URL)]
		f.Type, f.Size, f.SHA256, f.Name = is.Type, is.Size, is.SHA256, orElse(f.Name, is.Name)
	}
	return nil
}

// uploaded lists the ids of the files that an article needs, each once.
func (e *Extra) uploaded() []string {
	var out []string
	seen := map[string]bool{"": true}
	add := func(address string) {
		if id := fileID(address); !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	for _, f := range e.Files {
		add(f.URL)
	}
	if e.Video != nil {
		add(e.Video.URL)
		for _, address := range e.Video.Captions {
			add(address)
		}
	}
	return out
}
