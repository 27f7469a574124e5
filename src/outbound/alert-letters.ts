import { SUPPORT_LETTERS, VERIFICATION_LETTERS } from "./access-letters.ts";
import type { NewAlert } from "./alerts.store.ts";
import type { HoldReason } from "./decide-hold.ts";
import type { Letter } from "./letter.ts";

type Language = "en" | "el";
export const languageOf = (locale: string): Language => (locale.startsWith("el") ? "el" : "en");

const REASONS: Readonly<Record<Language, Readonly<Record<HoldReason, string>>>> = {
  en: {
    many_failures: "many of its recipients do not exist or refused the mail",
    burst: "it suddenly sends many times more than it usually does",
    new_country: "it suddenly sends much from a country from which it had never sent",
    complaints: "several recipients complained about its mail",
    admin: "an administrator stopped it",
  },
  el: {
    many_failures: "πολλοί από τους παραλήπτες της δεν υπάρχουν ή αρνήθηκαν τα μηνύματα",
    burst: "στέλνει ξαφνικά πολλαπλάσια μηνύματα από ό,τι συνήθως",
    new_country: "στέλνει ξαφνικά πολλά μηνύματα από χώρα από την οποία δεν είχε στείλει ποτέ",
    complaints: "αρκετοί παραλήπτες παραπονέθηκαν για τα μηνύματά της",
    admin: "τη σταμάτησε διαχειριστής",
  },
};

const isReason = (text: unknown): text is HoldReason => typeof text === "string" && text in REASONS.en;

interface Facts {
  readonly who: string;
  readonly reason: string;
  readonly detail: (name: string) => string;
}

/** The way back from a move of mail ends soon. */
const CUTOVER_LETTERS: Readonly<Record<Language, (facts: Facts) => Letter>> = {
  en: ({ who, detail }) => ({
    subject: `The old mail server of ${who}: the way back ends on ${detail("until")}`,
    text: [
      `The mail of ${who} has come here for a while. Until ${detail("until")} one click in the administration goes back to the old server.`,
      "If everything is as it should be, bring over once more what the old server still got (Old mail, a last run), say in the administration that the move is done, and only then switch the old server off.",
    ],
  }),
  el: ({ who, detail }) => ({
    subject: `Ο παλιός διακομιστής του ${who}: η επιστροφή είναι δυνατή έως ${detail("until")}`,
    text: [
      `Η αλληλογραφία του ${who} έρχεται εδώ εδώ και κάποιο διάστημα. Έως ${detail("until")} μπορείτε με ένα κλικ στη διαχείριση να επιστρέψετε στον παλιό διακομιστή.`,
      "Αν όλα είναι όπως πρέπει, μεταφέρετε άλλη μία φορά ό,τι έλαβε στο μεταξύ ο παλιός διακομιστής (Παλιά αλληλογραφία, τελευταία εκτέλεση), δηλώστε στη διαχείριση ότι η μετάβαση ολοκληρώθηκε και μόνο τότε κλείστε τον παλιό διακομιστή.",
    ],
  }),
};

const LETTERS: Readonly<Record<NewAlert["kind"], Readonly<Record<Language, (facts: Facts) => Letter>>>> = {
  sending_limit: {
    en: ({ who, detail }) => ({
      subject: `Sending limit reached: ${who}`,
      text: [
        `A limit on mail to others is reached for: ${who}.`,
        `${detail("text")}.`,
        "What was refused is not lost: its sender was told, and can send it when the limit ends. If you did not expect so much mail, check whether somebody else knows the password.",
      ],
    }),
    el: ({ who, detail }) => ({
      subject: `Όριο αποστολής: ${who}`,
      text: [
        `Εξαντλήθηκε όριο αποστολής προς τρίτους για: ${who}.`,
        `${detail("text")}.`,
        "Τα μηνύματα που αρνηθήκαμε δεν χάθηκαν: ο αποστολέας ενημερώθηκε και μπορεί να τα στείλει όταν λήξει το όριο. Αν δεν περιμένατε τόση αλληλογραφία, ελέγξτε αν κάποιος άλλος γνωρίζει τον κωδικό πρόσβασης.",
      ],
    }),
  },
  sending_held: {
    en: ({ who, reason }) => ({
      subject: `Outgoing mail is held: ${who}`,
      text: [
        `Mail of ${who} to others waits for your decision, because ${reason}.`,
        "Nothing is lost, and mail within the organisation goes on. Ask the owner whether they sent these messages themselves. If so, release them. If not, change the password and drop them.",
        `On the command line: angelia hold release ${who}, or angelia hold drop ${who}.`,
      ],
    }),
    el: ({ who, reason }) => ({
      subject: `Κρατήθηκε η εξερχόμενη αλληλογραφία: ${who}`,
      text: [
        `Η αλληλογραφία της ${who} προς τρίτους περιμένει την απόφασή σας, επειδή ${reason}.`,
        "Τίποτα δεν χάθηκε, και η αλληλογραφία μέσα στον φορέα συνεχίζεται. Ρωτήστε τον κάτοχο αν έστειλε ο ίδιος τα μηνύματα. Αν ναι, απελευθερώστε τα. Αν όχι, αλλάξτε τον κωδικό πρόσβασης και απορρίψτε τα.",
        `Στη γραμμή εντολών: angelia hold release ${who} ή angelia hold drop ${who}.`,
      ],
    }),
  },
  complaints: {
    en: ({ who, detail }) => ({
      subject: `Complaints about mail of ${who}`,
      text: [
        `Recipients reported ${detail("count")} messages of ${who} as unwanted within a day.`,
        "They get no more bulk mail. Many complaints make other servers refuse the mail of your whole organisation.",
      ],
    }),
    el: ({ who, detail }) => ({
      subject: `Παράπονα για την αλληλογραφία: ${who}`,
      text: [
        `Παραλήπτες χαρακτήρισαν ανεπιθύμητα ${detail("count")} μηνύματα της ${who} μέσα σε μία ημέρα.`,
        "Δεν θα τους σταλεί άλλη μαζική αλληλογραφία. Πολλά παράπονα κάνουν άλλους διακομιστές να αρνούνται την αλληλογραφία όλου του φορέα.",
      ],
    }),
  },
  new_country: {
    en: ({ who, detail }) => ({
      subject: `Sending from a new country: ${who}`,
      text: [
        `${who} has sent from ${detail("country")} for the first time. If its owner is not there, change the password.`,
      ],
    }),
    el: ({ who, detail }) => ({
      subject: `Αποστολή από νέα χώρα: ${who}`,
      text: [
        `Η ${who} έστειλε για πρώτη φορά από: ${detail("country")}. Αν ο κάτοχος δεν βρίσκεται εκεί, αλλάξτε τον κωδικό πρόσβασης.`,
      ],
    }),
  },
  incident: {
    en: ({ detail }) => ({
      subject: `Angelia: ${detail("title.en")}`,
      text: [detail("text.en"), "How the service is stands on its status page at any time: /service."],
    }),
    el: ({ detail }) => ({
      subject: `Angelia: ${detail("title.el") || detail("title.en")}`,
      text: [
        detail("text.el") || detail("text.en"),
        "Η κατάσταση της υπηρεσίας φαίνεται ανά πάσα στιγμή στη σελίδα της: /service.",
      ],
    }),
  },
  webhook_failing: {
    en: ({ who }) => ({
      subject: `A webhook was switched off: ${who}`,
      text: [
        `Nothing got through to this address for three days, or it said that it wants no more: ${who}.`,
        "What waited for it was given up. When the program works again, switch the webhook on in the administration; what was missed stands in the audit log.",
      ],
    }),
    el: ({ who }) => ({
      subject: `Ένα webhook απενεργοποιήθηκε: ${who}`,
      text: [
        `Τίποτα δεν έφτασε σε αυτή τη διεύθυνση για τρεις ημέρες, ή απάντησε ότι δεν θέλει άλλα: ${who}.`,
        "Όσα περίμεναν εγκαταλείφθηκαν. Όταν το πρόγραμμα λειτουργήσει ξανά, ενεργοποιήστε το webhook στη διαχείριση· όσα χάθηκαν βρίσκονται στο αρχείο ενεργειών.",
      ],
    }),
  },
  support_access: SUPPORT_LETTERS,
  cutover_ending: CUTOVER_LETTERS,
  verification: VERIFICATION_LETTERS,
  sign_in_attack: {
    en: ({ who, detail }) => ({
      subject: `Somebody tries passwords: ${who}`,
      text: [
        `Since ${detail("since")} there were ${detail("failures")} wrong passwords for: ${who}. The last one was for ${detail("account")} from ${detail("address")}, by ${detail("protocol")}.`,
        "Who does this has to wait longer and longer. Whoever has signed in from their usual network before goes on as always.",
        "You have to do nothing, unless somebody of your organisation uses an old password there, or a password that is easy to guess.",
      ],
    }),
    el: ({ who, detail }) => ({
      subject: `Κάποιος δοκιμάζει κωδικούς πρόσβασης: ${who}`,
      text: [
        `Από τις ${detail("since")} δόθηκαν ${detail("failures")} λάθος κωδικοί πρόσβασης για: ${who}. Ο τελευταίος ήταν για ${detail("account")} από ${detail("address")}, με ${detail("protocol")}.`,
        "Όποιος το κάνει περιμένει όλο και περισσότερο. Όσοι έχουν συνδεθεί παλαιότερα από το συνηθισμένο τους δίκτυο συνεχίζουν όπως πάντα.",
        "Δεν χρειάζεται να κάνετε κάτι, εκτός αν κάποιος του φορέα σας χρησιμοποιεί εκεί παλιό κωδικό, ή κωδικό που μαντεύεται εύκολα.",
      ],
    }),
  },
  domain_drift: {
    en: ({ who, detail }) => ({
      subject: `The DNS of ${who} has changed`,
      text: [
        `The DNS of ${who} does not say any more what your mail needs. This is missing or wrong: ${detail("records")}.`,
        "Mail may go elsewhere, or be refused by others. The page of the domain in the administration shows for each record what is there and what should be there. If somebody changed it on purpose, you have nothing to do.",
      ],
    }),
    el: ({ who, detail }) => ({
      subject: `Το DNS του ${who} άλλαξε`,
      text: [
        `Το DNS του ${who} δεν λέει πια ό,τι χρειάζεται η αλληλογραφία σας. Λείπουν ή είναι λάθος: ${detail("records")}.`,
        "Τα μηνύματα μπορεί να πηγαίνουν αλλού ή να τα αρνούνται άλλοι. Η σελίδα του τομέα στη διαχείριση δείχνει για κάθε εγγραφή τι υπάρχει και τι πρέπει να υπάρχει. Αν η αλλαγή έγινε σκόπιμα, δεν χρειάζεται να κάνετε κάτι.",
      ],
    }),
  },
  domain_good: {
    en: ({ who }) => ({
      subject: `The DNS of ${who} is right again`,
      text: [`The DNS of ${who} says again everything that your mail needs.`],
    }),
    el: ({ who }) => ({
      subject: `Το DNS του ${who} είναι πάλι σωστό`,
      text: [`Το DNS του ${who} λέει πάλι όλα όσα χρειάζεται η αλληλογραφία σας.`],
    }),
  },
  domain_contested: {
    en: ({ who, detail }) => ({
      subject: `Two organisations claim ${who}`,
      text: [
        detail("role") === "holder"
          ? `Another organisation here claims ${who}, and its DNS shows the proof of that organisation and not yours. If nothing changes, the domain and its mail go to them on ${detail("movesAt")}.`
          : `Your proof for ${who} is there. Another organisation here has the domain so far and was told; the domain is yours on ${detail("movesAt")} if your proof is still there then and theirs is not.`,
        detail("role") === "holder"
          ? "If the domain is yours, enter your proof in its DNS again: the page of the domain shows it. If you gave the domain away, you have nothing to do."
          : "Leave the records as they are.",
      ],
    }),
    el: ({ who, detail }) => ({
      subject: `Δύο φορείς διεκδικούν το ${who}`,
      text: [
        detail("role") === "holder"
          ? `Άλλος φορέας εδώ διεκδικεί το ${who}, και το DNS του δείχνει τη δική του απόδειξη και όχι τη δική σας. Αν δεν αλλάξει κάτι, ο τομέας και τα μηνύματά του περνούν σε εκείνον στις ${detail("movesAt")}.`
          : `Η απόδειξή σας για το ${who} υπάρχει. Ο τομέας ανήκει ως τώρα σε άλλον φορέα εδώ, που ειδοποιήθηκε· γίνεται δικός σας στις ${detail("movesAt")}, αν η απόδειξή σας υπάρχει ακόμη τότε και η δική του όχι.`,
        detail("role") === "holder"
          ? "Αν ο τομέας είναι δικός σας, βάλτε ξανά την απόδειξή σας στο DNS του: τη δείχνει η σελίδα του τομέα. Αν τον παραχωρήσατε, δεν χρειάζεται να κάνετε κάτι."
          : "Αφήστε τις εγγραφές όπως είναι.",
      ],
    }),
  },
  domain_lost: {
    en: ({ who }) => ({
      subject: `${who} is not your domain any more`,
      text: [
        `The DNS of ${who} has shown the proof of another organisation for a week, and not yours. The domain and new mail for it are theirs from now on.`,
        "Your people keep their mailboxes, all mail in them, and their other addresses.",
      ],
    }),
    el: ({ who }) => ({
      subject: `Το ${who} δεν είναι πια τομέας σας`,
      text: [
        `Το DNS του ${who} έδειχνε επί μία εβδομάδα την απόδειξη άλλου φορέα και όχι τη δική σας. Ο τομέας και τα νέα μηνύματά του ανήκουν πλέον σε εκείνον.`,
        "Οι άνθρωποί σας κρατούν τις θυρίδες τους, όλα τα μηνύματα μέσα σε αυτές και τις άλλες διευθύνσεις τους.",
      ],
    }),
  },
};

const EVERYBODY = { en: "your organisation", el: "ο φορέας σας" } as const;

/** What an administrator reads. */
export function alertLetter(
  { kind, subject, detail }: Pick<NewAlert, "kind" | "subject" | "detail">,
  locale: string,
): Letter {
  const language = languageOf(locale);
  return LETTERS[kind][language]({
    who: subject === "" ? EVERYBODY[language] : subject,
    reason: isReason(detail["reason"]) ? REASONS[language][detail["reason"]] : "",
    detail: (name) => String(detail[name] ?? ""),
  });
}

/** What the owner of a held account reads. */
export function heldLetter(reason: HoldReason, locale: string): Letter {
  const why = REASONS[languageOf(locale)][reason];
  return languageOf(locale) === "el"
    ? {
        subject: "Τα μηνύματά σας προς τρίτους περιμένουν",
        text: [
          `Τα μηνύματά σας σε διευθύνσεις έξω από τον φορέα περιμένουν τον διαχειριστή σας για τη θυρίδα σας: ${why}.`,
          "Τίποτα δεν χάθηκε, και μέσα στον φορέα γράφετε όπως πάντα. Ο διαχειριστής ειδοποιήθηκε. Αν δεν στείλατε εσείς αυτά τα μηνύματα, αλλάξτε αμέσως τον κωδικό πρόσβασής σας.",
        ],
      }
    : {
        subject: "Your messages to others are waiting",
        text: [
          `Your messages to addresses outside of your organisation wait for your administrator. This is why, for your mailbox: ${why}.`,
          "Nothing is lost, and within your organisation you write as always. Your administrator has been told. If you did not send these messages yourself, change your password at once.",
        ],
      };
}

/** What the owner reads when an administrator dropped what waited. */
export function droppedLetter(count: number, locale: string): Letter {
  return languageOf(locale) === "el"
    ? {
        subject: "Τα μηνύματά σας που περίμεναν δεν στάλθηκαν",
        text: [
          `Ο διαχειριστής σας απέρριψε ${count} μηνύματά σας που περίμεναν. Οι παραλήπτες τους δεν θα τα λάβουν. Αν τα γράψατε εσείς, μιλήστε με τον διαχειριστή σας και στείλτε τα ξανά.`,
        ],
      }
    : {
        subject: "Your waiting messages were not sent",
        text: [
          `Your administrator dropped ${count} of your messages that were waiting. Their recipients will not get them. If you wrote them yourself, talk to your administrator and send them again.`,
        ],
      };
}
