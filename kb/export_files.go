package kb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/markup"
)

// fileFolder holds the files to download, videos and captions of an export.
const fileFolder = "files"

const (
	fileMark     = 16 // digits of its id in the name of an exported file
	fileStemSize = 80 // bytes at most of what people called it
)

// exportedFile is the name of such a file.
var exportedFile = regexp.MustCompile(`^(.+)-([0-9a-f]{16})(\.[a-z0-9]{1,8})?$`)

// linkedFile finds addresses of uploaded files in a text.
var linkedFile = regexp.MustCompile(filePath + `([0-9a-f]{32})`)

// loadFiles learns what was uploaded of all that the articles name.
func (x *exporter) loadFiles(ctx context.Context, tx pgx.Tx) (err error) {
	var wanted []string
	for i := range x.list {
		wanted = append(wanted, x.list[i].Extra.uploaded()...)
		for _, m := range linkedFile.FindAllStringSubmatch(x.list[i].Markdown, -1) {
			wanted = append(wanted, m[1])
		}
	}
	x.known, err = filesByID(ctx, tx, wanted)
	return err
}

// localExtra is what a kind needs, with paths of the folder instead of addresses.
func (x *exporter) localExtra(ctx context.Context, e Extra, from string) (map[string]any, error) {
	e = e.written()
	var failed error
	local := func(address string, write func(context.Context, string) (string, error)) string {
		if failed != nil || address == "" {
			return address
		}
		to, err := write(ctx, address)
		if failed = err; to == "" {
			return address
		}
		return relative(from, to)
	}
	for i := range e.Files {
		e.Files[i].URL = local(e.Files[i].URL, x.file)
	}
	if e.Video != nil {
		v := *e.Video
		v.URL, v.Poster = local(v.URL, x.file), local(v.Poster, x.pictureAt)
		v.Captions = maps.Clone(v.Captions)
		for lang, address := range v.Captions {
			v.Captions[lang] = local(address, x.file)
		}
		e.Video = &v
	}
	if failed != nil {
		return nil, failed
	}
	return e.fields()
}

// pictureAt writes the picture of an address and returns its path, "" for any
// other address and for what is not there any more.
func (x *exporter) pictureAt(ctx context.Context, address string) (string, error) {
	name, ok := strings.CutPrefix(address, imagePath)
	if !ok {
		return "", nil
	}
	_, err := x.picture(ctx, name)
	return x.pictures[name], err
}

// file writes the uploaded file of an address once and returns its path, "" for
// any other address and for what is not there any more.
func (x *exporter) file(ctx context.Context, address string) (string, error) {
	id := fileID(address)
	f, ok := x.known[id]
	if !ok {
		return "", nil
	}
	name := path.Join(fileFolder, exportName(f.Name, id, path.Ext(address)))
	if at, done := x.files[name]; done {
		return at, nil
	}
	err := x.copyFile(ctx, name, id, &f)
	if errs.Is(err, errs.NotFound) {
		x.files[name] = ""
		return "", nil
	}
	x.files[name] = name
	return name, err
}

// exportName tells people what a file is, and two of one name apart.
func exportName(name, id, ext string) string {
	stem := markup.Slug(strings.TrimSuffix(name, path.Ext(name)))
	if len(stem) > fileStemSize {
		stem = strings.Trim(strings.ToValidUTF8(stem[:fileStemSize], ""), "-")
	}
	return orElse(stem, "file") + "-" + id[:fileMark] + ext
}

// copyFile copies a file out of the object store, unless it is there already.
func (x *exporter) copyFile(ctx context.Context, name, id string, f *File) (err error) {
	x.written[name] = true
	target := filepath.FromSlash(name)
	if x.holds(target, f) {
		return nil
	}
	object, _, err := x.service.bus.GetObject(ctx, filePrefix+id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	if err := x.root.MkdirAll(fileFolder, 0o750); err != nil {
		return errs.Wrap(err, errs.Invalid, "the folder of %s cannot be made", name)
	}
	out, err := x.root.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "%s cannot be written", name)
	}
	_, err = io.Copy(out, object)
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// holds reports whether the folder has the content of a file already.
func (x *exporter) holds(target string, f *File) bool {
	info, err := x.root.Stat(target)
	if err != nil || !info.Mode().IsRegular() || info.Size() != f.Size {
		return false
	}
	old, err := x.root.Open(target)
	if err != nil {
		return false
	}
	defer func() { _ = old.Close() }() // it was only read
	sum := sha256.New()
	_, err = io.Copy(sum, old)
	return err == nil && hex.EncodeToString(sum.Sum(nil)) == f.SHA256
}
