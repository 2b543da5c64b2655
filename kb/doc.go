// Package kb is the knowledge base: articles in Markdown, collections,
// revisions, the help centre that the public reads, import of documentation
// folders, and the search by which visitors, agents and the bot find answers.
//
// Owns: the PostgreSQL schema "kb"; pictures of articles in the object store,
// named kb-<digest>, files to download and videos named kb-file-<digest>.
//
// Who reads is a [Reader]: staff by the session of the console, a visitor by the
// widget's token or by the cookie that /help/enter gives for a proof of their
// site. What they may read is decided by kb.readable in the database.
//
// Publishes: article.published, article.updated, article.archived and
// article.review_due on kb.<article>, through the outbox; personal notices of
// reviews and reminders on agent.<agent>. Timers of the kind kb-publish publish
// what was scheduled.
//
// Consumes: kb.* from the core subject of those announcements, to bring the
// search index of this process up to date with the articles that kb.changes
// names. A missed one is caught by the generation in kb.state, compared every
// minute.
//
// Serves: the pages under /help, which work without JavaScript and say what they
// say in the language of the article (locales/, package messages); under
// /api/v1 the public search, articles and votes, and for staff articles,
// collections, revisions and the state of the index. See http.go,
// http_authoring.go and page_http.go.
//
// An article is in progress, awaiting review, approved, published or archived;
// the new version of a published one is staged and goes the same way while
// readers see the old one (workflow.go). Articles go out and in as a folder of
// Markdown without loss (exporting.go, package source), and can follow one
// (sync.go).
//
// [Service.Search] answers in two round trips to PostgreSQL: one for the
// cosines of the candidates, one for their text. What ranks is in the packages
// index (words and n-grams, in memory), embed (vectors), chunk, analysis and
// source (reading folders).
package kb
