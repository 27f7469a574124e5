import type { HoldReason } from "../contract/quarantine.ts";

/** What a digest says, in one language. */
export interface DigestWords {
  readonly language: string;
  /** for dates */
  readonly region: string;
  /** the name beside the sender's address */
  readonly from: string;
  subject(count: number): string;
  intro(count: number): string;
  readonly noSubject: string;
  readonly noSender: string;
  readonly to: string;
  readonly reason: string;
  readonly expires: string;
  readonly release: string;
  readonly remove: string;
  readonly onlyAdministrator: string;
  more(count: number): string;
  readonly seeAll: string;
  /** why one gets this, and what the links are */
  readonly foot: string;
  readonly reasons: Readonly<Record<HoldReason["code"], string>>;
}

const english: DigestWords = {
  language: "en",
  region: "en-GB",
  from: "Held messages",
  subject: (count) => (count === 1 ? "A message is held for you" : `${count} messages are held for you`),
  intro: (count) =>
    count === 1
      ? "This message did not go to your inbox. If you expected it, release it; if not, there is nothing to do."
      : "These messages did not go to your inbox. Release those that you expected; with the others there is nothing to do.",
  noSubject: "(no subject)",
  noSender: "(no sender)",
  to: "To",
  reason: "Why",
  expires: "Kept until",
  release: "Release",
  remove: "Delete",
  onlyAdministrator: "Only your administrator can release this message.",
  more: (count) =>
    count === 1 ? "One more message is not listed here." : `${count} more messages are not listed here.`,
  seeAll: "See all held messages",
  foot: "Your mail server wrote this. The links work without signing in, so don't pass this message on.",
  reasons: {
    spam: "It looks like spam.",
    virus: "A virus was found in it.",
    attachment: "It carries a kind of file that can be dangerous.",
    dmarc: "Its sender may not be who they say they are.",
    client: "It comes from a server that does not say who it is.",
    unscanned: "It could not be checked.",
    loop: "It has been going round in circles.",
  },
};

const greek: DigestWords = {
  language: "el",
  region: "el-GR",
  from: "Μηνύματα σε αναμονή",
  subject: (count) =>
    count === 1 ? "Ένα μήνυμα κρατήθηκε για εσάς" : `${count} μηνύματα κρατήθηκαν για εσάς`,
  intro: (count) =>
    count === 1
      ? "Αυτό το μήνυμα δεν μπήκε στα εισερχόμενά σας. Αν το περιμένατε, αποδεσμεύστε το· αλλιώς δεν χρειάζεται να κάνετε τίποτα."
      : "Αυτά τα μηνύματα δεν μπήκαν στα εισερχόμενά σας. Αποδεσμεύστε όσα περιμένατε· για τα άλλα δεν χρειάζεται να κάνετε τίποτα.",
  noSubject: "(χωρίς θέμα)",
  noSender: "(χωρίς αποστολέα)",
  to: "Προς",
  reason: "Γιατί",
  expires: "Φυλάσσεται έως",
  release: "Αποδέσμευση",
  remove: "Διαγραφή",
  onlyAdministrator: "Μόνο ο διαχειριστής σας μπορεί να αποδεσμεύσει αυτό το μήνυμα.",
  more: (count) =>
    count === 1 ? "Ένα ακόμη μήνυμα δεν αναφέρεται εδώ." : `${count} ακόμη μηνύματα δεν αναφέρονται εδώ.`,
  seeAll: "Όλα τα μηνύματα σε αναμονή",
  foot: "Το μήνυμα αυτό το έγραψε ο διακομιστής σας. Οι σύνδεσμοι λειτουργούν χωρίς είσοδο, γι' αυτό μην το προωθήσετε.",
  reasons: {
    spam: "Μοιάζει με ανεπιθύμητη αλληλογραφία.",
    virus: "Βρέθηκε ιός σε αυτό.",
    attachment: "Περιέχει είδος αρχείου που μπορεί να είναι επικίνδυνο.",
    dmarc: "Ο αποστολέας του ίσως δεν είναι αυτός που λέει ότι είναι.",
    client: "Ήρθε από διακομιστή που δεν λέει ποιος είναι.",
    unscanned: "Δεν ήταν δυνατός ο έλεγχός του.",
    loop: "Κάνει κύκλους ανάμεσα σε διακομιστές.",
  },
};

/** @param locale of the account; a language that we don't write yet gets English */
export function digestWords(locale: string): DigestWords {
  return locale.toLowerCase().split("-")[0] === "el" ? greek : english;
}
