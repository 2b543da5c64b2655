package source
import ("testing";"os";"fmt";"strings")
func TestDump(t *testing.T){
 for _,d:=range []string{"../../../shared/data/kb-login-gov","../../../shared/data/kb-npm-docs"}{
  f,err:=Read(os.DirFS(d),Options{URL:func(a *Article)string{return "/help/a/"+a.Slug}})
  if err!=nil{t.Fatal(err)}
  fmt.Println(d,len(f.Articles),f.Skipped,f.LinksKept,f.LinksDropped)
  var b strings.Builder
  for _,a:=range f.Articles{ fmt.Fprintf(&b,"\n=====%s | %s | %s | %s | %s | %s | %d | %v | %v\n%s",a.Path,a.Slug,a.Locale,a.Title,a.Summary,a.Collection,a.Order,a.Aliases,a.Former,a.Markdown)}
  os.WriteFile("/tmp/kbx/"+strings.ReplaceAll(d[22:],"/","_"),[]byte(b.String()),0o644)
 }
}
