/*
 * Language by its small words and its letters; see language.h. Small words
 * (articles, pronouns, prepositions, the commonest verbs) make up half of
 * running text and are not borrowed. Letters with diacritics decide between
 * neighbours, but many people write without, so that the lists are folded.
 *
 * The lists are our own. Languages that no reader is promised stand here
 * only to be told from the promised ones. A word in several lists counts for
 * each, by as much less.
 */
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "moderation/features.h"
#include "moderation/language.h"

#define LANGUAGE_SLOTS	4096	/* of the word table; a power of two */
#define LANGUAGE_READ	200	/* tokens looked at */

enum language_id { L_EN, L_RO, L_CS, L_SK, L_PL, L_DE, L_FR, L_ES, L_IT,
    L_HU, L_NL, L_PT, L_TR, L_COUNT };

static const struct language {
	char		 code[LANGUAGE_MAX];
	const char	*letters;	/* UTF-8 letters that hint at it */
	const char	*words;
} languages[L_COUNT] = {
	[L_EN] = { "en", "",
	    "the of and to a in is you that it he was for on are with as i "
	    "his they be at one have this from or had by but not what all "
	    "were we when your can said there use an each which she do how "
	    "their if will up other about out many then them these so some "
	    "her would make like him into time has look two more go see no "
	    "way could people my than first been who its now find long down "
	    "did get come made may dont im youre isnt doesnt cant wont thats "
	    "just because really think know why where here our us me should "
	    "only very even any off too over after back good want still "
	    "never does am those being also much well yes such most through "
	    "before again against between both same own while going got "
	    "every always something nothing anyone someone everyone ive "
	    "theyre didnt wasnt were shes hes lets id youve whats there's" },
	[L_RO] = { "ro", "ăâîșțşţĂÂÎȘȚŞŢ",
	    "si in la de cu pe un o nu ca sa ce este e sunt din mai a al ai "
	    "ale cel cei cea care pentru dar daca sau asa acum cand cum unde "
	    "cine ma te se va vor ar as am are avem aveti au fi fost era eu "
	    "tu el ea noi voi ei ele lui lor meu mea tau ta sau noastra "
	    "nostru vostru asta acest aceasta acesta acestia aceste aia ala "
	    "astia ăla tot toti toata toate foarte bine rau doar numai inca "
	    "deja deci pana dupa fara despre prin peste spre intre catre "
	    "poate trebuie vreau stiu stie face faci facut vezi zice zis "
	    "oameni tara asa nimic nimeni ceva cineva iar nici iti imi isi "
	    "ti mi ii il le ne va-ti sunteti suntem esti sti atunci chiar "
	    "fiindca pentruca deoarece unei unui unor lasa romania romani "
	    "ba ma bai mai-i dintre acolo aici altii alt alta mult multi "
	    "multa prea asemenea oricum niste decat" },
	[L_CS] = { "cs", "ěřůĚŘŮ",
	    "a se v na je ze to s z do i o k ve pro za by ale si po jako "
	    "podle od jsem tak jeho ktere ktery ktera jsou bylo byl byla byt "
	    "jen jeste az co uz nebo pri jsme jste ma mu ho ji jejich kdyz "
	    "kde kdo proc protoze take mezi pred roku let aby sve svou tento "
	    "tato toto tim tom teto neni nejsou nic nikdo vsechno vsichni "
	    "muze muzou musi chce vim vi nam vam nas vas jim tady tam ted "
	    "dnes vzdy nikdy lide lidi prosim dekuji dobre spatne opravdu "
	    "nebyl nema mam mame mate maji jenom porad proste taky clovek" },
	[L_SK] = { "sk", "ľĺŕôľťďĽÔ",
	    "a sa v na je ze to s z do i o k vo pre za by ale si po ako "
	    "podla od som tak jeho ktore ktory ktora su bolo bol bola byt "
	    "len este az co uz alebo pri sme ste ma mu ho ju ich ked kde kto "
	    "preco pretoze tiez medzi pred roku rokov aby svoje tento tato "
	    "toto tym tom tejto nie nic nikto vsetko vsetci moze mozu musi "
	    "chce viem vie nam vam nas vas im tu tam teraz dnes vzdy nikdy "
	    "ludia ludi prosim dakujem dobre zle naozaj nebol nema mam mame "
	    "mate maju iba stale proste clovek" },
	[L_PL] = { "pl", "łąęśżźćńŁĄĘŚŻŹĆŃ",
	    "i w na z sie do nie ze to jest o jak za od po co ale przez dla "
	    "tak ma jego tego ktory ktora ktore sa byl byla bylo byc tylko "
	    "jeszcze az juz lub albo przy jestem jestes my wy oni ich jej "
	    "kiedy gdzie kto dlaczego poniewaz tez miedzy przed roku lat aby "
	    "zeby swoje ten ta te tym tej nic nikt wszystko wszyscy moze moga "
	    "musi chce wiem wie nam wam nas was im tu tam teraz dzis zawsze "
	    "nigdy ludzie ludzi prosze dziekuje dobrze naprawde bardzo mam "
	    "mamy macie maja czy bo u ze pod bez jesli niz wiec" },
	[L_DE] = { "de", "äöüßÄÖÜ",
	    "der die das und ist nicht ich du er sie es wir ihr ein eine "
	    "einen einem einer den dem des mit auf fur von zu im am bei nach "
	    "aus wie was wer wenn aber oder auch noch nur schon so dass sich "
	    "war sind haben hat wird werden kann mehr sehr als mich mir dich "
	    "uns alle immer hier da keine kein man durch uber halt die du "
	    "schade danke bitte sei seid bin bist wurde muss soll wieder" },
	[L_FR] = { "fr", "çêèùëïœÇ",
	    "le la les des et est une un du de que qui dans pour pas ne je "
	    "tu il elle nous vous ils elles sur avec ce cette ces son sa ses "
	    "mais ou donc car si plus par au aux en se sont etre avoir ont "
	    "fait tout tous comme bien tres cest jai quil meme aussi leur "
	    "sans faire rien peut ta ton toi moi tais es suis merci "
	    "jamais toujours encore vraiment ca" },
	[L_ES] = { "es", "ñ¿¡Ñ",
	    "el la los las de que y en un una es no por con para se su lo "
	    "como mas pero sus le ya este si porque esta entre cuando muy "
	    "sin sobre tambien me hasta hay donde quien desde todo nos "
	    "todos uno les ni contra otros ese eso ante ellos esto mi antes "
	    "son fue era ser tiene tu te yo usted nada eres soy estas estan "
	    "ellos nosotros puede hacer bien mucho gente pais" },
	[L_IT] = { "it", "ìòÈ",
	    "il lo la i gli le di che e un una per non in con del della dei "
	    "delle si sono ma come da al alla ho hai ha abbiamo hanno questo "
	    "questa quello anche piu se io tu lui lei noi voi loro essere "
	    "era mi ti ci vi ne chi cosa perche quando dove tutto tutti "
	    "molto solo fare nel nella sei siamo siete sta fa va cosi bene "
	    "quando gente suo sua mio tuo" },
	[L_HU] = { "hu", "őűŐŰ",
	    "a az es hogy nem is egy ez van volt meg csak de mar ha mint "
	    "vagy aki ami mert azt ezt en te o mi ti ok nagyon kell lehet "
	    "minden most itt ott igen majd vannak lesz sem olyan ilyen meg "
	    "neki nekem tudom akkor utan" },
	[L_NL] = { "nl", "ĳ",
	    "de het een en van ik te dat die in is je niet zijn op aan met "
	    "als voor had er maar om hem dan zou of wat mijn men dit zo "
	    "door over ze zich bij ook tot uit nog naar heb wel geen worden "
	    "hebben heeft deze want iets moet veel jij wij" },
	[L_PT] = { "pt", "ãõÃÕ",
	    "o a os as de que e do da em um uma para com nao por mais dos "
	    "das como mas ao ele ela se na no seu sua ou quando muito nos ja "
	    "eu tambem so pelo pela ate isso entre era depois sem mesmo aos "
	    "voce foi esta sao tem ser" },
	[L_TR] = { "tr", "ğışĞİ",
	    "ve bir bu da de icin ne ile cok ama ben sen o biz siz onlar var "
	    "yok gibi daha en kadar mi mu degil her sey olarak olan sonra "
	    "nasil neden iyi kim ki diye bana sana" },
};

/* Open addressing: a word's hash and the languages that have it. */
static struct { uint32_t word; uint16_t in; } language_table[LANGUAGE_SLOTS];
static pthread_once_t language_once = PTHREAD_ONCE_INIT;

static uint32_t
language_slot(uint32_t word)
{
	uint32_t i = word & (LANGUAGE_SLOTS - 1);

	while (language_table[i].in != 0 && language_table[i].word != word)
		i = (i + 1) & (LANGUAGE_SLOTS - 1);
	return (i);
}

static void
language_fill(void)
{
	struct features	f;
	size_t		pos, len, l;
	uint32_t	i, slot;

	for (l = 0; l < L_COUNT; l++) {
		len = strlen(languages[l].words);
		for (pos = 0; pos < len; ) {
			pos = features_read(&f, languages[l].words, pos, len);
			for (i = 0; i < f.ntok; i++) {
				slot = language_slot(f.tok[i].word);
				language_table[slot].word = f.tok[i].word;
				language_table[slot].in |= (uint16_t)(1u << l);
			}
		}
	}
}

/* Hints of letters: two points a letter for each language that has it. */
static void
language_letters(int point[L_COUNT], const char *text, size_t len,
    int *foreign)
{
	char		letter[3] = "";
	unsigned char	c;
	size_t		i, l;

	for (i = 0; i + 1 < len && i < 2000; i++) {
		c = (unsigned char)text[i];
		if (c < 0xc3)
			continue;
		*foreign += c >= 0xcd && c <= 0xea && c != 0xe1 && c != 0xe2;
		if (c > 0xc8)
			continue;
		letter[0] = text[i];
		letter[1] = text[i + 1];
		for (l = 0; l < L_COUNT; l++)
			if (strstr(languages[l].letters, letter) != NULL)
				point[l] += 24;
	}
}

bool
language_of(char out[LANGUAGE_MAX], const struct features *f,
    const char *text, size_t len)
{
	int		point[L_COUNT] = { 0 }, foreign = 0;
	int		best = 0, second, words = 0, hits;
	uint32_t	i, in, slot;
	int		l;

	(void)pthread_once(&language_once, language_fill);
	language_letters(point, text, len, &foreign);
	for (i = 0; i < f->ntok && i < LANGUAGE_READ; i++) {
		if (f->tok[i].nsub == 0 && f->tok[i].len != 1)
			continue;
		words += f->tok[i].nsub > 0;
		slot = language_slot(f->tok[i].word);
		if ((in = language_table[slot].in) == 0)
			continue;
		hits = 24 / __builtin_popcount(in);
		for (l = 0; l < L_COUNT; l++)
			point[l] += in >> l & 1 ? hits : 0;
	}
	for (l = 1; l < L_COUNT; l++)
		if (point[l] > point[best])
			best = l;
	for (second = 0, l = 0; l < L_COUNT; l++)
		if (l != best && point[l] > second)
			second = point[l];
	memcpy(out, "und", 4);
	if (foreign * 2 > words || point[best] < 24 ||
	    point[best] - second < 12 || point[best] < words * 3)
		return (foreign * 2 <= words && (point[best] == point[L_EN] ||
		    point[best] == point[L_RO]));
	memcpy(out, languages[best].code, LANGUAGE_MAX);
	return (best == L_EN || best == L_RO);
}

void
language_guess(char out[LANGUAGE_MAX], const char *text, size_t len)
{
	struct features f;

	(void)features_read(&f, text, 0, len);
	(void)language_of(out, &f, text, len);
}
