// Package httpd is Parley's HTTP surface short of the routes: a Fiber
// application with safe settings, authentication and the access a route
// declares, cross-site request protection, strict JSON, one encoding of
// errors, rate limits, and the guarded client for outbound requests.
//
// Modules register routes with [Handle], which records the access a route
// needs in the route itself, so that `parley routes` and the authorisation
// tests read it from the running application.
package httpd
