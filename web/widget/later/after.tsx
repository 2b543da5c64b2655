import type { Standing } from "../../shared/store";
import Away from "./away";
import { config } from "./kit";
import Rating from "./rating";

/** What is asked below the messages: an address while nobody is there, a verdict after the end. */
export default function After({ standing }: { standing: Standing }) {
  return (
    <>
      {standing.offline && config.value?.offline.collect_email !== false && <Away />}
      {standing.state === "resolved" && !standing.rating && <Rating />}
    </>
  );
}
