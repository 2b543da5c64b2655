-- +goose Up
-- What is done is deleted by its age.
CREATE INDEX deliveries_done ON webhooks.deliveries (state, done_at) WHERE done_at IS NOT NULL;

-- +goose Down
DROP INDEX webhooks.deliveries_done;
