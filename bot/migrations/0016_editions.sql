-- +goose Up

-- The row that counts the changes of the intents counts those of the flows and of
-- the products too. Whoever answers reads it with the conversation, and reads
-- again what it holds of an older count.
ALTER TABLE bot.version ADD COLUMN flows bigint NOT NULL DEFAULT 1;
ALTER TABLE bot.version ADD COLUMN products bigint NOT NULL DEFAULT 1;

-- +goose StatementBegin
CREATE FUNCTION bot.count_flows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE bot.version SET flows = flows + 1;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION bot.count_products() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE bot.version SET products = products + 1;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER flows_changed AFTER INSERT OR UPDATE OR DELETE ON bot.flows FOR EACH STATEMENT EXECUTE FUNCTION bot.count_flows();
CREATE TRIGGER products_changed AFTER INSERT OR UPDATE OR DELETE ON bot.products FOR EACH STATEMENT EXECUTE FUNCTION bot.count_products();
