/** The frame around every page: navigation, banner, offers, dialogs, messages. */
import type { ComponentChildren } from "preact";
import { t } from "../text";
import { DialogOutlet } from "../ui/dialog";
import { Toasts } from "../ui/toast";
import { Banner } from "./banner";
import { Nav } from "./nav";
import { OfferBar } from "./offerbar";

export function Shell({ children }: { children: ComponentChildren }) {
  return (
    <div class="shell">
      <a class="button skip" href="#main">
        {t("skip")}
      </a>
      <Nav />
      <div class="stage">
        <Banner />
        <OfferBar />
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
      <DialogOutlet />
      <Toasts />
    </div>
  );
}
