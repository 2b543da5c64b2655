/** Conversations offered to this agent: who, what, how long, and the two answers. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useCommands } from "../commands";
import { nameOf } from "../inbox/open";
import { go } from "../router";
import { accept, decline } from "../store/act";
import { conversation } from "../store/conversations";
import { dropOffer, type Offer, offers } from "../store/offers";
import { inboxName } from "../store/staff";
import { t } from "../text";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";

/** So many at once; the others come up as these are answered. */
const shown = 2;

async function take({ conv }: Offer): Promise<void> {
  dropOffer(conv);
  if (await accept(conv)) go(`/inbox/mine/${conv}`);
}

function refuse({ conv }: Offer): void {
  dropOffer(conv);
  void decline(conv);
}

export function OfferBar() {
  useCommands(() => {
    const offer = offers.value[0];
    if (!offer) return [];
    return [
      { id: "accept", title: t("cmd.accept"), group: "conversation", keys: ["y"], run: () => void take(offer) },
      { id: "decline", title: t("cmd.decline"), group: "conversation", keys: ["shift+y"], run: () => refuse(offer) },
    ];
  });
  if (!offers.value.length) return null;
  return (
    <section aria-label={t("offer.label")}>
      <ul class="offers">
        {offers.value.slice(0, shown).map((offer, i) => (
          <OfferCard key={offer.conv} offer={offer} first={i === 0} />
        ))}
        {offers.value.length > shown && <li class="offer offer-more">{t("offer.more", { n: offers.value.length - shown })}</li>}
      </ul>
    </section>
  );
}

function OfferCard({ offer, first }: { offer: Offer; first: boolean }) {
  const left = useSignal(Math.ceil((offer.until - Date.now()) / 1000));
  useEffect(() => {
    const timer = setInterval(() => {
      left.value = Math.ceil((offer.until - Date.now()) / 1000);
      if (left.peek() <= 0) dropOffer(offer.conv);
    }, 500);
    return () => clearInterval(timer);
  }, [offer]);
  const c = conversation(offer.conv)?.value;
  return (
    <li class="offer">
      <Icon name="bell" />
      <p class="offer-text">
        <strong>
          <bdi>{c ? nameOf(c) : t("offer.somebody")}</bdi>
        </strong>
        {c && <span class="muted"> {inboxName(c.inbox)}</span>}
        {c?.preview && (
          <span class="offer-preview" dir="auto">
            {c.preview}
          </span>
        )}
      </p>
      <span class="offer-left tabular" role="timer" aria-label={t("offer.left", { n: Math.max(0, left.value) })}>
        {Math.max(0, left.value)} s
      </span>
      <Button small onClick={() => refuse(offer)}>
        {t("offer.decline")}
      </Button>
      <Button small kind="primary" {...(first ? { keys: "y" } : {})} onClick={() => void take(offer)}>
        {t("offer.accept")}
      </Button>
    </li>
  );
}
