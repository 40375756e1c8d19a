// What attackers try first, as the public lists of leaked passwords agree on it: entries of at least 8 characters, in lower case.
const FREQUENT = `
  12345678 123456789 1234567890 0123456789 0987654321 987654321 9876543210 87654321 12345679 123456780 1234567891 12345678910 123456789a
  12345678a 1234567a 1234567q 123456789q 12345678q 123456abc 123456qwerty 123456aa 123456as 123abc123 123qweasd 123qweasdzxc 123qwe123 123qwe456
  1234qwer 12345qwert 123456qw 1234abcd 12341234 123123123 12312312 123321123 1234554321 12344321 123454321 11223344 1122334455 112233445566
  11112222 11111111 111111111 1111111111 00000000 000000000 0000000000 22222222 33333333 44444444 55555555 66666666 77777777 88888888 888888888
  99999999 999999999 01234567 012345678 10203040 1020304050 102030405060 13579135 1357924680 135792468 13572468 147258369 147852369 14725836
  159357456 159753456 159753159 741852963 789456123 78945612 963852741 987456321 321654987 456789123 45678910 12121212 1212121212 13131313 14141414
  15151515 23232323 25252525 31415926 3141592654 27182818 14159265 20002000 20012001 19841984 19871987 19901990 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y
  q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 1qaz2wsx 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qazxsw2 qazwsxedc qazwsx123 qazwsxedcrfv zaq12wsx zaq1xsw2 zaq1zaq1
  1qaz1qaz 2wsx3edc 3edc4rfv zaqxswcde !qaz2wsx qwertyui qwertyuio qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwertyqwerty
  qwerty01 qwerty11 qwerty22 qwerty77 qwerty99 qwerty00 qwert123 qwert1234 qwert12345 qweqweqwe qweasdzxc qweasd123 qwe123qwe qwe12345 qwer1234
  qwer12345 qwerasdf qwerasdfzxcv qwertzui qwertzuiop qwertz123 azertyui azertyuiop azerty123 asdfghjk asdfghjkl asdfgh12 asdfgh123 asdf1234
  asdf12345 asdfasdf asdfqwer asdfjkl; asdasd123 asd12345 asd123456 asdqwe123 asdzxc123 zxcvbnm1 zxcvbnm123 zxcvbnm, zxcvbnma zxcv1234 zxcasdqwe
  zxc123456 poiuytrewq lkjhgfdsa mnbvcxz1 mnbvcxzlkj ytrewq321 abcd1234 abcd12345 abcdefgh abcdefghi abcdefghij abcdefg1 abcdef12 abcdef123
  abc12345 abc123456 abc123abc abc123123 abcabcabc a1234567 a12345678 a123456789 aa123456 aa12345678 aaaa1111 a1b2c3d4 a1b2c3d4e5 a1s2d3f4 aaaaaaaa
  aaaaaaaaa aaaaaaaaaa as123456 qq123456 zz123456 ab123456 x1234567 z1234567 q1234567 password passw0rd p@ssw0rd p@ssword pa55word pa55w0rd pa$$word
  pa$$w0rd passwort passwort1 passord1 password! passwords passphrase mypassword thepassword newpassword oldpassword password01 password11
  password12 password123 password99 password00 1password 123password password1! password1234 password12345 passwordpassword mypass123 pass1234
  pass12345 pass123456 passpass test1234 test12345 testtest testing1 testing123 testtest1 test123456 temp1234 temp12345 temporary changeme changeme1
  changeme123 changeit letmein1 letmein12 letmein123 letmeinnow welcome1 welcome12 welcome123 welcome01 welcome2 iloveyou iloveyou1 iloveyou2
  iloveyou12 iloveyou123 iloveyou! iloveme1 ilovehim iloveher ilovegod ilovejesus iloveyousomuch lovelove loveyou1 loveme123 lovely123 trustno1
  trustnoone whatever whatever1 sunshine sunshine1 princess princess1 princess12 princess123 football football1 baseball baseball1 basketball
  softball volleyball superman superman1 batman123 spiderman spiderman1 starwars starwars1 startrek pokemon1 pokemon123 dragon123 dragonball
  dragonballz monkey123 monkey12 shadow123 master123 michael1 jennifer jennifer1 jordan23 jordan123 michelle michelle1 charlie1 charlie123 ashley123
  jessica1 danielle danielle1 computer computer1 internet internet1 samsung1 samsung123 microsoft google123 facebook facebook1 youtube1 twitter1
  instagram whatsapp telegram linkedin linkedin1 mustang1 corvette mercedes ferrari1 lamborghini porsche1 yamaha123 harley123 chevrolet yankees1
  liverpool liverpool1 arsenal1 arsenal123 chelsea1 chelsea123 manchester barcelona barcelona1 realmadrid juventus galatasaray fenerbahce besiktas
  perspolis esteghlal pakistan pakistan1 pakistan123 india123 bangladesh indonesia malaysia iran1234 tehran123 istanbul istanbul34 ankara06 deutschland
  berlin123 schalke04 borussia bayern123 argentina colombia1 venezuela portugal brasil123 mexico123 america1 usa12345 australia scotland england1
  butterfly butterfly1 chocolate chocolate1 strawberry blueberry cupcake1 cookie123 cookies1 cheese123 pumpkin1 sweetheart sweetie1 babygirl
  babygirl1 babygirl12 babyboy1 babyblue honeybee honey123 angel123 angels123 heaven123 blessed1 jesuschrist jesus123 jesusislord godisgood
  christian christian1 christ123 muhammad mohammad mohammed1 allahuakbar bismillah allah786 786786786 alhamdulillah inshallah elizabeth elizabeth1
  alexander alexander1 alexandra alexandra1 alejandro alejandra fernando fernanda francisco sebastian sebastian1 valentina victoria victoria1
  veronica stephanie stephanie1 christina christine christopher nicholas nicholas1 benjamin benjamin1 jonathan jonathan1 patricia margaret katherine
  kimberly brittany samantha samantha1 isabella gabriela gabriel1 veronika svetlana natasha1 nastya123 vladimir alexandr dmitriy1 aleksandr
  aleksandra nikita123 maksim123 marina123 qwerty123q privet123 parol123 parolparol lubimaya krasotka zvezda123 spartak1 zenit123 lokomotiv
  midnight moonlight starlight sunflower rainbow1 rainbow123 diamond1 crystal1 phoenix1 thunder1 lightning hurricane tornado1 blizzard warcraft
  minecraft minecraft1 fortnite fortnite1 counterstrike callofduty halo1234 gameover gamer123 playstation nintendo nintendo64 xbox360x killer123
  assassin destroyer terminator gladiator spartan117 warrior1 warriors scorpion scorpion1 panther1 panthers cowboys1 steelers steelers1 lakers24
  redskins packers1 broncos1 patriots eagles123 raiders1 dolphin1 dolphins cardinal cardinals hurricanes bulldogs bulldog1 mustangs wildcats
  snowball snoopy123 garfield garfield1 mickey123 mickeymouse winnie123 tinkerbell cinderella hellokitty hello123 hello1234 hello12345 hellohello
  helloworld goodluck goodmorning goodbye1 happy123 happiness happyday smile123 friends1 friends123 bestfriend forever1 forever21 together
  beautiful beautiful1 gorgeous sexy1234 sexygirl sexylady lovelife mylove123 mylife123 myfamily family123 mother123 father123 daddy123 mommy123
  children grandma1 grandpa1 brother1 sister123 teacher1 student1 school123 college1 university academy1 account1 admin123 admin1234 admin12345
  admin@123 adminadmin administrator administrador root1234 rootroot toor1234 user1234 username guest123 default1 default123 master12 manager1
  manager123 operator security security1 secret123 secretkey mysecret topsecret private1 access14 access123 system123 server123 network1 oracle123
  database cisco123 linux123 ubuntu123 windows1 windows7 windows10 macbook1 android1 iphone123 samsung12 nokia123 motorola blackberry vodafone
  matrix123 morpheus trinity1 skywalker darthvader chewbacca yoda1234 jedi1234 gandalf1 hobbit123 frodo123 potter123 harrypotter hermione hogwarts
  gryffindor slytherin metallica metallica1 slipknot slipknot1 nirvana1 ironmaiden blink182 eminem123 greenday linkinpark beatles1 rockstar rockstar1
  rocknroll guitar123 music123 musiclover dancer123 dancing1 summer123 summer12 winter123 winter12 spring123 autumn123 november december
  september february january1 october1 saturday thursday wednesday monday123 friday13 tuesday1 birthday birthday1 christmas christmas1 halloween
  valentine easter123 holiday1 vacation paradise caribbean california colorado chicago1 houston1 brooklyn newyork1 newyork123 losangeles
  lasvegas hollywood washington london123 paris123 london2012 madrid123 amsterdam rotterdam stockholm singapore hongkong shanghai tokyo123
  woaini1314 woaini520 woaini123 5201314520 1314520520 52013140 5201314a a5201314 qq123456789 wang1234 zhang123 iloveyou520 li123456 asd123asd
  00001111 01010101 10101010 11110000 12348765 13243546 98765432 99887766 9988776655 55667788 66778899 77889900 78787878 69696969 6969696969
  42424242 24242424 34343434 45454545 56565656 67676767 89898989 90909090 1qw23er4 1q1q1q1q q1q1q1q1 1a2b3c4d 1a2s3d4f 1z2x3c4v z1x2c3v4
  contraseña contrasena contrasena1 tequiero teamo123 tequieromucho teamomucho bonita123 princesa princesa1 estrella mariposa corazon1 chocolat
  motdepasse bonjour1 bonjour123 soleil123 doudou123 loulou123 jetaime1 azertyuiop1 marseille hallo123 hallo1234 schatz123 schatzi1 sommer123 geheim123
  passwort123 qwertz12 sifre123 parola123 sifre1234 galatasaray1905 fenerbahce1907 besiktas1903 senhafacil senha123 senha1234 brasil10
  flamengo corinthians palmeiras saopaulo gabriel123 portugal1 benfica1 sporting1 juventus1 napoli1926 ciaociao amoremio francesco alessandro
  giuseppe giovanni antonella farzad123 mohammadreza alireza123 amirhossein ramz1234 salam123 salamsalam eshgham1 irani123
  nothing1 anything something nopassword nopass123 dontknow idontknow iforgot1 forgetit fuckyou1 fuckyou2 fuckyou123 fuckoff1 asshole1 bullshit
  bitch123 motherfucker pussycat pussy123 blowjob1 hardcore pornstar playboy1 superstar superstar1 supernova superhero supergirl wonderwoman
  ironman1 captain1 avengers deadpool marvel123 naruto123 naruto12 sasuke123 onepiece bleach123 pikachu1 charizard digimon1 tigger123 buster123
  bailey123 cooper123 maggie123 ginger123 pepper123 oreo1234 hunter123 hunter12 ranger123 sniper123 soldier1 military marines1 airforce navyseal
  freedom1 freedom123 liberty1 justice1 victory1 winner123 champion champions success1 millionaire money123 money1234 bigmoney dollars1
  rich1234 gold1234 silver123 platinum titanium creative awesome1 fantastic wonderful excellent perfect1 amazing1 genius123 einstein mozart123
  correcthorsebatterystaple
`;

// Words that are stretched to the required length by what people append.
const STEMS = `
  password passw0rd p@ssw0rd p@ssword pass passwort qwerty qwertz azerty asdfgh zxcvbn abc abcd abcdef admin administrator root user guest test
  welcome letmein login hello secret master changeme default temp access iloveyou ilove love sunshine princess dragon monkey football baseball
  shadow superman batman spring summer autumn winter january june july august september october november december monday friday company
  michael jordan jessica ashley daniel thomas andrew robert david maria anna alex mohammad ali reza hossein fatemeh mehmet ahmed samsung google
  iphone pokemon naruto ninja tiger angel flower cookie chocolate computer internet soccer hockey liverpool arsenal chelsea barcelona london
  paris berlin tehran istanbul pakistan india
`;

const ENDINGS = [
  '',
  '1',
  '12',
  '123',
  '1234',
  '12345',
  '123456',
  '0',
  '01',
  '11',
  '69',
  '007',
  '99',
  '00',
  '!',
  '1!',
  '12!',
  '123!',
  '1234!',
  '@1',
  '@12',
  '@123',
  '@1234',
  '#1',
  '#123',
  '_123',
  '.123',
  '123.',
  '321',
  '786',
];

const MIN_LENGTH = 8;

/** Passwords of at least 8 characters that are tried first: lower case, NFC. Frequent ones, and the usual words with the usual endings and years. */
export function commonPasswords(): ReadonlySet<string> {
  const years = Array.from({ length: 2030 - 1960 + 1 }, (_, index) => String(1960 + index));
  const endings = [...ENDINGS, ...years, ...years.flatMap((year) => [`@${year}`, `${year}!`])];
  const stretched = wordsOf(STEMS).flatMap((stem) => endings.map((ending) => stem + ending));
  const repeated = Array.from('0123456789abcdefghijklmnopqrstuvwxyz').flatMap((letter) =>
    [8, 9, 10, 11, 12].map((times) => letter.repeat(times)),
  );
  return new Set([...wordsOf(FREQUENT), ...stretched, ...repeated].filter((word) => word.length >= MIN_LENGTH));
}

function wordsOf(text: string): readonly string[] {
  return text.normalize('NFC').trim().split(/\s+/);
}
